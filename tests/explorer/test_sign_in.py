"""The doors: passwords, their limits, second factors, tokens and machines."""

import re
import pytest
import time_machine
from django.utils import timezone

from accounts.models import User
from registry.models import AuditEvent
from registry.services import principals, tokens
from tests.cast import actor

PASSWORD = "the right one 1"


@pytest.fixture
def reader(cast):
    cast.reader.set_password(PASSWORD)
    cast.reader.save()
    return cast.reader


def sign_in(client, name="reader@example.com", password=PASSWORD, **options):
    return client.post("/login", {"username": name, "password": password}, **options)


def test_signing_in_is_an_event_and_so_is_failing(client, reader):
    assert sign_in(client, password="wrong").status_code == 200
    assert sign_in(client).status_code == 302
    failed, done = AuditEvent.objects.filter(action_name="login").order_by("pk")
    assert (failed.actor, failed.result) == ("reader@example.com", "DENIED")
    assert (done.actor, done.result, done.parameters) == ("reader@example.com", "SUCCESS", {"method": "password"})


def test_who_guesses_is_made_to_wait_whether_or_not_there_is_such_an_account(client, reader):
    told = {}
    for name in ("reader@example.com", "nobody@example.com"):
        answers = [sign_in(client, name, "wrong") for _ in range(11)]
        told[name] = [answer.status_code for answer in answers], _without_form_token(answers[-1].content.decode())
    assert told["reader@example.com"][0] == told["nobody@example.com"][0] == [200] * 10 + [429]
    assert told["reader@example.com"][1] == told["nobody@example.com"][1]
    assert "Too many attempts" in told["nobody@example.com"][1]
    assert sign_in(client).status_code == 429
    assert sign_in(client, " READER@example.com").status_code == 429  # another spelling is no fresh start
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=16)):
        assert sign_in(client).status_code == 302


def _without_form_token(page):
    return re.sub(r'name="csrfmiddlewaretoken" value="[^"]+"', "", page)


def test_one_address_does_not_keep_an_account_out_everywhere(client, reader):
    for _ in range(11):
        sign_in(client, password="wrong")
    assert sign_in(client, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_the_admin_has_no_door_of_its_own(client, reader):
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == "/login?next=/admin/"


def test_who_is_deactivated_is_out_at_once(client, api, cast, reader):
    sign_in(client)
    asked = api(reader)
    assert client.get("/explore/data").status_code == 200
    principals.update_user(actor=actor(cast.admin), user=User.objects.get(pk=reader.pk), is_active=False)
    assert client.get("/explore/data").headers["Location"].startswith("/login")
    assert asked.error("GET", "/api/2.1/unity-catalog/catalogs") == (401, "UNAUTHENTICATED")
    assert sign_in(client).status_code == 200


def test_a_new_password_ends_the_sessions(client, cast, reader):
    sign_in(client)
    principals.set_password(actor=actor(cast.admin), user=User.objects.get(pk=reader.pk), password="another one 2")
    assert client.get("/explore/data").headers["Location"].startswith("/login")
    event = AuditEvent.objects.get(action_name="updateUser")
    assert "another" not in str(event.parameters)


def test_behind_a_proxy_the_last_hop_is_the_address(client, reader, settings):
    settings.TRUST_PROXY = True
    sign_in(client, headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.9"})
    assert AuditEvent.objects.get(action_name="login").source_address == "203.0.113.9"


# Scopes


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [("read", (200, 403, 403, 403)), ("registry", (200, 200, 403, 403)), ("admin", (200, 200, 200, 200))],
)
def test_a_token_does_what_its_scope_includes(client, cast, scope, statuses):
    _, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None, scope=_scope(scope))
    uc, headers = "/api/2.1/unity-catalog", {"Authorization": f"Bearer {secret}"}

    def ask(method, path, body=None):
        answer = client.generic(method, path, body or "", content_type="application/json", headers=headers)
        return answer.status_code

    changes = '{"changes": [{"principal": "reader@example.com", "add": ["APPLY_TAG"]}]}'
    assert statuses == (
        ask("GET", f"{uc}/models/shop.ml.churn"),
        ask("PATCH", f"{uc}/models/shop.ml.churn", '{"comment": "x"}'),
        ask("PATCH", f"{uc}/permissions/function/shop.ml.churn", changes),
        ask("POST", "/api/2.0/token/create", "{}"),
    )


def test_a_narrow_token_says_what_it_lacks_and_hides_what_is_hidden(client, cast):
    _, secret = tokens.create_token(actor=actor(cast.owner), comment="", lifetime=None, scope=_scope("read"))
    headers = {"Authorization": f"Bearer {secret}"}
    path = "/api/2.1/unity-catalog/models/shop.ml.churn"
    told = client.delete(path, headers=headers).json()
    assert (
        told["message"] == "This needs a token with the scope 'registry': the one that was sent has a narrower scope."
    )
    assert client.delete(path.replace("churn", "x"), headers=headers).status_code == 404


def test_a_rotated_token_is_fresh_and_the_old_one_ends(api, cast):
    asked = api(cast.reader)
    made = asked.ok("POST", "/api/2.0/token/create", {"comment": "ci", "scopes": ["read"], "lifetime_seconds": 3600})
    again = asked.ok("POST", "/api/2.0/token/rotate", {"token_id": made["token_info"]["token_id"]})
    assert again["token_info"]["comment"] == "ci"
    assert again["token_info"]["scopes"] == ["read"]
    length = again["token_info"]["expiry_time"] - again["token_info"]["creation_time"]
    assert abs(length - 3_600_000) < 1_000
    for secret, status in ((made["token_value"], 401), (again["token_value"], 200)):
        headers = {"Authorization": f"Bearer {secret}"}
        assert asked.client.get("/api/2.1/unity-catalog/catalogs", headers=headers).status_code == status


def _scope(name):
    from accounts.models import Scope

    return Scope(name)


def test_ones_own_password_is_changed_with_an_event(client, reader):
    sign_in(client)
    other = client.__class__()
    sign_in(other)
    asked = {"old_password": PASSWORD, "new_password1": "another one 2", "new_password2": "another one 2"}
    assert client.post("/settings/password", {**asked, "old_password": "wrong"}).status_code == 200
    assert client.post("/settings/password", asked).status_code == 302
    assert client.get("/explore/data").status_code == 200
    assert other.get("/explore/data").status_code == 302
    assert AuditEvent.objects.get(action_name="updateUser").parameters["changed"] == ["password"]
    assert client.get("/admin/password_change/").headers["Location"] == "/settings/password"


def test_machines_sign_in_with_events_and_may_ask_for_less(client, cast):
    robot = principals.create_user(actor=actor(cast.admin), kind=User.Kind.SERVICE_PRINCIPAL, display_name="robot")
    _, secret = tokens.create_secret(actor=actor(cast.admin), owner=robot, lifetime=timezone.timedelta(days=1))
    asked = {"grant_type": "client_credentials", "client_id": robot.user_name, "client_secret": secret}

    def token(**more):
        return client.post("/oidc/v1/token", {**asked, **more})

    assert token(client_secret="wrong").status_code == 401
    assert token(scope="everything").json()["error"] == "invalid_scope"
    for scope, status in (("all-apis", 200), ("read", 403)):
        headers = {"Authorization": f"Bearer {token(scope=scope).json()['access_token']}"}
        answer = client.post("/api/2.0/token/create", "{}", content_type="application/json", headers=headers)
        assert answer.status_code == status
    results = AuditEvent.objects.filter(action_name="login", actor=robot.user_name).values_list("result", flat=True)
    assert sorted(results) == ["DENIED", "SUCCESS", "SUCCESS"]
