"""The doors: passwords, their limits, second factors, tokens and machines."""

import re
from io import StringIO

import pytest
import time_machine
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.management import call_command
from django.utils import timezone

from accounts import hashing
from accounts.models import User
from registry.models import AuditEvent
from registry.services.people import principals, tokens
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


def test_guessing_from_many_addresses_ends_too(client, reader):
    told = [
        sign_in(client, password="wrong", REMOTE_ADDR=f"192.0.2.{number}").status_code
        for number in range(7) for _ in range(5)
    ]  # fmt: skip
    assert told == [200] * 30 + [429] * 5


def test_trying_one_password_on_many_accounts_ends_too(client, cast):
    told = [sign_in(client, f"user{number}@example.com", "Summer2026!!").status_code for number in range(25)]
    assert told == [200] * 20 + [429] * 5


def test_an_attempt_that_is_refused_is_not_hashed(client, reader, monkeypatch):
    hashed = []
    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", lambda *args, **options: hashed.append(1) or "x")
    for _ in range(15):
        answer = sign_in(client, password="wrong")
    assert answer.status_code == 429
    assert 0 < int(answer["Retry-After"]) <= 90
    assert len(hashed) == 10  # (each compares one hash; the eleventh is not asked for)


def test_who_guesses_keeps_no_owner_out_of_a_browser_that_the_account_knows(client, reader):
    assert sign_in(client).status_code == 302
    client.post("/logout")
    guesser = client.__class__()
    for number in range(40):
        sign_in(guesser, password="wrong", REMOTE_ADDR=f"192.0.2.{number}")
    assert sign_in(guesser, REMOTE_ADDR="192.0.2.99").status_code == 429
    assert sign_in(client).status_code == 302
    client.post("/logout")
    assert [sign_in(client, password="wrong").status_code for _ in range(12)] == [200] * 10 + [429] * 2


def test_a_browser_is_known_to_the_account_that_signed_in_there_alone(client, cast, reader):
    assert sign_in(client).status_code == 302
    client.post("/logout")
    for _ in range(11):
        answer = sign_in(client, "writer@example.com", "wrong")
    assert answer.status_code == 429
    client.cookies["known_browser"] = client.cookies["known_browser"].value + "x"
    assert sign_in(client, "writer@example.com", "wrong").status_code == 429


def test_every_refusal_is_an_event(client, reader):
    for _ in range(12):
        sign_in(client, password="wrong")
    assert AuditEvent.objects.filter(action_name="login", result="DENIED").count() == 12


def test_who_comes_when_too_many_sign_in_is_asked_to_come_again(client, reader, monkeypatch):
    monkeypatch.setattr(hashing, "WAIT", 0.01)
    with hashing._turn:
        answers = [sign_in(client) for _ in range(11)]
    assert {(answer.status_code, answer["Retry-After"]) for answer in answers} == {(503, "5")}
    assert sign_in(client).status_code == 302  # none of them has counted


def test_signing_out_is_an_event(client, reader):
    sign_in(client)
    client.post("/logout")
    client.post("/logout")
    assert AuditEvent.objects.get(action_name="logout").actor == "reader@example.com"
    sign_in(client)
    assert client.post("/admin/logout/").status_code == 302
    assert AuditEvent.objects.filter(action_name="logout").count() == 2
    assert client.get("/explore/data").status_code == 302


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


def change_password(client, **more):
    asked = {"old_password": PASSWORD, "new_password1": "another one 2", "new_password2": "another one 2", **more}
    return client.post("/settings/password", asked)


def test_ones_own_password_is_changed_with_an_event(client, reader):
    sign_in(client)
    other = client.__class__()
    sign_in(other)
    assert change_password(client, old_password="wrong").status_code == 200
    assert change_password(client).status_code == 302
    assert client.get("/explore/data").status_code == 200
    assert other.get("/explore/data").status_code == 302
    assert AuditEvent.objects.get(action_name="updateUser").parameters["changed"] == ["password"]
    assert client.get("/admin/password_change/").headers["Location"] == "/settings/password"


def test_the_old_password_is_not_guessed_for_ever_and_each_wrong_one_is_an_event(client, reader):
    sign_in(client)
    told = [change_password(client, old_password=f"wrong {number}").status_code for number in range(12)]
    assert told == [200] * 10 + [429] * 2
    assert change_password(client).status_code == 429
    denied = AuditEvent.objects.filter(action_name="proveIdentity", result="DENIED", actor="reader@example.com")
    assert denied.count() == 13
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=2)):
        assert change_password(client).status_code == 302


def test_tokens_end_with_the_password_if_asked(client, api, cast, reader):
    asked = api(reader)
    sign_in(client)
    assert change_password(client).status_code == 302
    assert asked("GET", "/api/2.1/unity-catalog/catalogs").status_code == 200
    again = {"old_password": "another one 2", "new_password1": "a third one 33", "new_password2": "a third one 33"}
    assert change_password(client, **again, end_tokens="on").status_code == 302
    assert asked("GET", "/api/2.1/unity-catalog/catalogs").status_code == 401
    assert AuditEvent.objects.filter(action_name="revokeDbToken").count() == 1


@pytest.mark.parametrize(
    "password", ["short one 1", "reader@example.com", "reader@example", "Rhea Reader 1", "1234567890123", PASSWORD]
)
def test_what_is_no_password_is_refused(client, reader, password):
    reader.display_name = "Rhea Reader"
    reader.save()
    sign_in(client)
    assert change_password(client, new_password1=password, new_password2=password).status_code == 200


# Passwords that somebody else has set


def first_password(cast):
    """Have the administrator set the reader's password."""
    principals.set_password(actor=actor(cast.admin), user=User.objects.get(pk=cast.reader.pk), password=PASSWORD)


def test_a_first_password_is_changed_before_anything_is_shown(client, cast):
    first_password(cast)
    assert sign_in(client).status_code == 302
    for path in ("/explore/data", "/settings/tokens", "/admin/", "/explore/data/models/shop/ml/churn"):
        assert client.get(path)["Location"] == "/settings/password"
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/explore/data"}
    assert client.get("/explore/tree", headers=headers)["HX-Redirect"] == "/settings/password"
    assert client.post("/settings/tokens/create", {"comment": "c", "days": "1", "scope": "read"}).status_code == 302
    assert "only you know" in client.get("/settings/password").content.decode()
    assert change_password(client, new_password1=PASSWORD, new_password2=PASSWORD).status_code == 200
    assert change_password(client).status_code == 302
    assert client.get("/explore/data").status_code == 200


def test_who_has_a_first_password_may_leave(client, cast):
    first_password(cast)
    sign_in(client)
    assert client.post("/logout")["Location"] == "/login"


def test_a_password_that_the_django_admin_sets_is_a_first_one_too(as_user, client, cast):
    body = {"password1": PASSWORD, "password2": PASSWORD}
    as_user(cast.admin).post(f"/admin/accounts/user/{cast.reader.pk}/password/", body)
    as_user(cast.admin).post(
        "/admin/accounts/user/add/", {"user_name": "new@example.com", "kind": "USER", "display_name": "", **body}
    )
    for name in ("reader@example.com", "new@example.com"):
        browser = client.__class__()
        assert sign_in(browser, name).status_code == 302
        assert browser.get("/explore/data")["Location"] == "/settings/password"


def test_an_administrator_s_own_password_is_none_that_has_to_be_changed(as_user, cast):
    browser = as_user(cast.admin)
    body = {"new_password1": PASSWORD, "new_password2": PASSWORD}
    browser.post(f"/settings/users/{cast.admin.pk}/password", body)
    assert not User.objects.get(pk=cast.admin.pk).must_change_password


def test_tokens_of_somebody_end_with_the_password_if_asked(as_user, api, cast):
    asked = api(cast.reader)
    body = {"new_password1": PASSWORD, "new_password2": PASSWORD, "end_tokens": "on"}
    assert as_user(cast.admin).post(f"/settings/users/{cast.reader.pk}/password", body).status_code == 302
    assert asked("GET", "/api/2.1/unity-catalog/catalogs").status_code == 401


def test_what_the_machine_s_administrator_does_is_an_event(cast, monkeypatch):
    monkeypatch.setattr("getpass.getpass", lambda *args, **options: PASSWORD)
    call_command("changepassword", "reader@example.com", stdout=StringIO())
    monkeypatch.setenv("DJANGO_SUPERUSER_PASSWORD", PASSWORD)
    call_command("createsuperuser", "--noinput", "--user_name", "root@example.com", stdout=StringIO())
    events = AuditEvent.objects.filter(user_agent__startswith="manage.py").order_by("pk")
    assert [(event.action_name, event.parameters["name"]) for event in events] == [
        ("updateUser", "reader@example.com"), ("createUser", "root@example.com"),
    ]  # fmt: skip


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
    assert sorted(results) == ["DENIED", "DENIED", "SUCCESS", "SUCCESS"]


def test_secrets_of_machines_are_not_guessed_for_ever(client, cast):
    robot = principals.create_user(actor=actor(cast.admin), kind=User.Kind.SERVICE_PRINCIPAL, display_name="robot")
    _, secret = tokens.create_secret(actor=actor(cast.admin), owner=robot, lifetime=timezone.timedelta(days=1))
    asked = {"grant_type": "client_credentials", "client_id": robot.user_name, "client_secret": secret}
    assert {client.post("/oidc/v1/token", asked).status_code for _ in range(15)} == {200}
    told = [client.post("/oidc/v1/token", {**asked, "client_secret": "wrong"}) for _ in range(12)]
    assert [answer.status_code for answer in told] == [401] * 10 + [429] * 2
    assert told[-1].json()["error"] == "temporarily_unavailable"
    assert int(told[-1]["Retry-After"]) <= 90
    assert client.post("/oidc/v1/token", asked, REMOTE_ADDR="192.0.2.7").status_code == 200
    assert AuditEvent.objects.filter(action_name="login", actor=robot.user_name, result="DENIED").count() == 12
