"""The doors: passwords and their throttle, and single sign-on against a real provider (Canaille) over HTTP."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import time_machine
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import EVERYONE, User
from registry.exceptions import PermissionDenied, RegistryError
from registry.models import AuditEvent
from registry.services import principals, single_sign_on, tokens
from tests.cast import actor, grant

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
    assert told["reader@example.com"][0] == told["nobody@example.com"][0] == [200] * 9 + [429] * 2
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


# Single sign-on


@pytest.fixture
def provider(iam_server, settings, db):
    """A provider with one client: this product."""
    iam_server.logout()
    with iam_server.app.app_context():
        client = iam_server.models.Client(
            client_id="explorer", client_secret="secret", client_name="Catalog Explorer",
            client_uri="http://testserver", contacts=["a@example.com"],
            redirect_uris=["http://testserver/login/single-sign-on/callback"],
            grant_types=["authorization_code"], response_types=["code"],
            scope=["openid", "email", "profile", "groups"], token_endpoint_auth_method="client_secret_basic",
        )  # fmt: skip
        iam_server.backend.save(client)
        client.audience = [client]
        iam_server.backend.save(client)
    settings.OIDC = {
        "issuer": iam_server.url.rstrip("/"), "client_id": "explorer", "client_secret": "secret", "name": "Canaille",
        "scope": "openid email profile groups", "groups_claim": "groups", "trust_email": True,
    }  # fmt: skip
    yield iam_server
    iam_server.logout()
    with iam_server.app.app_context():
        iam_server.backend.delete(client)


@pytest.fixture
def somebody(provider):
    """``somebody(email, *groups)`` is a person whom the provider knows and has signed in."""

    def make(email, *groups):
        name = email.partition("@")[0]
        user = provider.random_user(user_name=name, emails=[email], formatted_name=name.title())
        with provider.app.app_context():
            for group_name in groups:
                group = provider.backend.get(provider.models.Group, display_name=group_name)
                group = group or provider.random_group(display_name=group_name, members=[user])
                if user not in group.members:
                    group.members = [*group.members, user]
                    provider.backend.save(group)
            provider.backend.reload(user)
        provider.login(user)
        provider.consent(user)
        return user

    return make


def round_trip(client, *, start="/login/single-sign-on?next=/explore/search"):
    """From our page to the provider and back, as a browser goes."""
    there = client.get(start)
    assert there.status_code == 302, there.content
    back = requests.get(there["Location"], allow_redirects=False, timeout=20)
    assert back.status_code == 302, back.text
    return client.get(back.headers["Location"].removeprefix("http://testserver"))


def test_the_sign_in_page_offers_the_provider(client, provider):
    assert "Sign in with Canaille" in client.get("/login").content.decode()


def test_nothing_is_offered_where_no_provider_is_set(client, db):
    assert "Sign in with" not in client.get("/login").content.decode()
    assert client.get("/login/single-sign-on").status_code == 404


def test_somebody_new_gets_an_account_and_groups(client, somebody, cast):
    readers = Group.objects.get(name="readers")
    somebody("newcomer@example.com", "readers", "data science")
    answer = round_trip(client)
    assert answer["Location"] == "/explore/search"
    user = User.objects.get(user_name="newcomer@example.com")
    assert set(user.groups.all()) == {readers, Group.objects.get(name="data science")}
    assert not user.has_usable_password()
    assert client.get("/explore/data/models/shop/ml/churn").status_code == 200  # through the group
    actions = set(AuditEvent.objects.values_list("action_name", flat=True))
    assert {"createUser", "createGroup", "updateUser", "login"} <= actions


def test_groups_are_followed_and_those_given_here_stay(client, somebody, provider, cast):
    person = somebody("moving@example.com", "readers")
    round_trip(client)
    user = User.objects.get(user_name="moving@example.com")
    sales = Group.objects.get(name="everybody-in-sales")
    user.groups.add(sales)
    with provider.app.app_context():
        group = provider.backend.get(provider.models.Group, display_name="readers")
        group.members = [member for member in group.members if member != person]
        if group.members:
            provider.backend.save(group)
        else:
            provider.backend.delete(group)
        provider.backend.reload(person)
    round_trip(client)
    assert set(user.groups.all()) == {sales}


def test_an_account_is_found_by_e_mail_once_and_by_subject_ever_after(client, somebody, provider, cast):
    person = somebody("writer@example.com")
    round_trip(client)
    cast.writer.refresh_from_db()
    assert cast.writer.sso_subject
    with provider.app.app_context():
        provider.backend.update(person, emails=["renamed@example.com"])
        provider.backend.save(person)
    client.logout()
    round_trip(client)
    assert client.session["_auth_user_id"] == str(cast.writer.pk)
    client.logout()
    impostor = provider.random_user(user_name="impostor", emails=["writer@example.com"])
    provider.login(impostor)
    provider.consent(impostor)
    assert round_trip(client).status_code == 403
    assert "_auth_user_id" not in client.session


def test_a_deactivated_account_stays_out(client, somebody, cast):
    User.objects.filter(pk=cast.stranger.pk).update(is_active=False)
    somebody("stranger@example.com")
    answer = round_trip(client)
    assert answer.status_code == 403
    assert "deactivated" not in answer.content.decode()
    assert AuditEvent.objects.filter(action_name="login", result="DENIED").exists()


def test_nobody_is_put_into_the_group_of_everybody(client, somebody, cast):
    grant(Group.objects.get(name=EVERYONE), cast.catalog, "BROWSE")
    somebody("plain@example.com", EVERYONE)
    round_trip(client)
    assert not User.objects.get(user_name="plain@example.com").groups.exists()


def test_an_answer_that_was_not_asked_for_is_refused(client, somebody, provider, cast):
    somebody("writer@example.com")
    there = client.get("/login/single-sign-on")
    back = requests.get(there["Location"], allow_redirects=False, timeout=20).headers["Location"]
    path = back.removeprefix("http://testserver")
    asked = parse_qs(urlsplit(there["Location"]).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert {"state", "nonce"} <= set(asked)
    other = client.__class__()
    assert other.get(path).status_code == 403  # another browser's session
    assert client.get(path.replace("state=", "state=x")).status_code == 403
    assert client.get("/login/single-sign-on/callback?error=access_denied&state=x").status_code == 403
    assert client.get("/login/single-sign-on/callback").status_code == 403


@pytest.mark.parametrize("target", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_afterwards(client, somebody, cast, target):
    somebody("writer@example.com")
    assert round_trip(client, start=f"/login/single-sign-on?next={target}")["Location"] == "/explore/data"


def test_a_provider_that_is_away_is_told(client, provider, settings):
    settings.OIDC = {**settings.OIDC, "issuer": "http://127.0.0.1:9"}
    assert client.get("/login/single-sign-on").status_code == 502


CLAIMS = {"iss": "https://id.example.com", "sub": "attacker", "email": "admin@example.com"}


@pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}])
def test_an_e_mail_that_the_provider_has_not_verified_opens_nothing(cast, settings, verified):
    settings.OIDC = {**settings.OIDC, "issuer": "https://id.example.com"}
    with pytest.raises(PermissionDenied):
        single_sign_on.user_of_claims(actor=actor(cast.stranger), claims={**CLAIMS, **verified})
    user = single_sign_on.user_of_claims(actor=actor(cast.stranger), claims={**CLAIMS, "email_verified": True})
    assert user == cast.admin


@pytest.mark.parametrize(
    "email", ["notanemail", "x" * 300 + "@example.com", "", None, ["a@example.com"], "a\0@example.com"]
)
def test_odd_claims_are_refused_and_are_no_fault_of_the_server(cast, email):
    claims = {**CLAIMS, "email": email, "email_verified": True, "name": "a\0b\n", "groups": ["g\0", 5, ""]}
    try:
        user = single_sign_on.user_of_claims(actor=actor(cast.stranger), claims=claims)
    except RegistryError:
        return
    assert (user.user_name, user.display_name) == ("a@example.com", "ab")
    assert sorted(map(str, user.groups.all())) == ["5", "g"]


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
    assert sorted(results) == ["DENIED", "DENIED", "SUCCESS", "SUCCESS"]
