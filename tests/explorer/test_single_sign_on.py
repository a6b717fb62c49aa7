"""Single sign-on, against a real provider (Canaille) over HTTP, and against one that cheats."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from django.contrib.auth.models import Group

from accounts.models import EVERYONE, Session, User
from explorer import secure_addresses
from registry.exceptions import PermissionDenied, RegistryError
from registry.models import AuditEvent
from registry.services.people import single_sign_on
from tests.cast import actor, grant
from tests.explorer.cheating_provider import CheatingProvider
from tests.pages import text

pytestmark = pytest.mark.large


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
    assert "Sign in with Canaille" in text(client.get("/login"))


def test_nothing_is_offered_where_no_provider_is_set(client, db):
    assert "Sign in with" not in text(client.get("/login"))
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
    assert other.get(path).status_code == 403  # another browser, without the cookie
    assert client.get(path.replace("state=", "state=x")).status_code == 403
    assert client.get(path).status_code == 403  # the cookie has been used up
    assert client.get("/login/single-sign-on/callback?error=access_denied&state=x").status_code == 403
    assert client.get("/login/single-sign-on/callback").status_code == 403


@pytest.mark.parametrize("target", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_nobody_is_sent_elsewhere_afterwards(client, somebody, cast, target):
    somebody("writer@example.com")
    assert round_trip(client, start=f"/login/single-sign-on?next={target}")["Location"] == "/"


def test_a_provider_that_is_away_is_told(client, provider, settings):
    settings.OIDC = {**settings.OIDC, "issuer": "http://127.0.0.1:9"}
    assert client.get("/login/single-sign-on").status_code == 502


CLAIMS = {"iss": "https://id.example.com", "sub": "attacker", "email": "writer@example.com"}


@pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "true"}, {"email_verified": 1}])
def test_an_e_mail_that_the_provider_has_not_verified_opens_nothing(cast, settings, verified):
    settings.OIDC = {**settings.OIDC, "issuer": "https://id.example.com"}
    with pytest.raises(PermissionDenied):
        single_sign_on.user_of_claims(actor=actor(cast.stranger), claims={**CLAIMS, **verified})
    user = single_sign_on.user_of_claims(actor=actor(cast.stranger), claims={**CLAIMS, "email_verified": True})
    assert user == cast.writer


@pytest.mark.parametrize("right", ["is_superuser", "is_staff", "is_metastore_admin"])
def test_an_administrator_is_never_found_by_e_mail(cast, settings, right):
    User.objects.filter(pk=cast.writer.pk).update(**{right: True})
    with pytest.raises(PermissionDenied):
        single_sign_on.user_of_claims(actor=actor(cast.stranger), claims={**CLAIMS, "email_verified": True})
    assert User.objects.get(pk=cast.writer.pk).sso_subject is None


def test_an_administrator_whom_the_provider_knows_goes_on_to_sign_in(cast):
    claims = {**CLAIMS, "email_verified": True}
    single_sign_on.user_of_claims(actor=actor(cast.stranger), claims=claims)
    User.objects.filter(pk=cast.writer.pk).update(is_metastore_admin=True)
    assert single_sign_on.user_of_claims(actor=actor(cast.stranger), claims=claims) == cast.writer


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


def test_a_click_of_nobody_leaves_nothing_in_the_database(client, provider):
    for _ in range(3):
        assert client.get("/login/single-sign-on").status_code == 302
    assert not Session.objects.exists()
    assert client.cookies["single_sign_on"]["max-age"] == 600
    assert client.cookies["single_sign_on"]["httponly"]


# A provider that cheats, unless it is told not to


@pytest.fixture
def cheat(settings, db):
    """``cheat(**how)`` is the provider of the settings, which signs and says what one likes."""
    with CheatingProvider() as running:
        settings.OIDC = {
            "issuer": running.url, "client_id": "explorer", "client_secret": "secret" * 8, "name": "Cheat",
            "scope": "openid email", "groups_claim": "groups", "trust_email": False,
        }  # fmt: skip
        yield running


def come_back(client, provider, start="/login/single-sign-on"):
    there = client.get(start)
    assert there.status_code == 302, there.content
    return client.get(f"/login/single-sign-on/callback?{provider.answer(there['Location'])}")


def test_an_honest_answer_signs_in(client, cheat, cast):
    assert come_back(client, cheat).status_code == 302
    assert client.session["_auth_user_id"] == str(cast.writer.pk)


def test_who_comes_by_the_provider_is_not_asked_for_a_password_that_somebody_else_has_set(client, cheat, cast):
    cast.writer.set_password("set by an administrator")
    cast.writer.must_change_password = True
    cast.writer.save()
    come_back(client, cheat)
    assert client.get("/explore/data").status_code == 200


@pytest.mark.parametrize("algorithm", ["none", "HS256", "HS512"])
@pytest.mark.parametrize("listed", [["none", "HS256", "HS512"], ["none", "HS256", "HS512", "RS256"]])
def test_a_signature_that_anybody_can_make_is_none(client, cheat, cast, algorithm, listed):
    cheat.listed, cheat.algorithm = listed, algorithm
    assert come_back(client, cheat).status_code == 403
    assert "_auth_user_id" not in client.session
    assert AuditEvent.objects.filter(action_name="login", result="DENIED").exists()


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another sign-in"}, {"nonce": None}, {"aud": "another"}, {"aud": "another", "azp": "explorer"},
        {"aud": ["another"], "azp": "explorer"}, {"aud": None}, {"iss": "https://id.example.com"}, {"exp": 1},
        {"sub": None},
    ],
    ids=str,
)  # fmt: skip
def test_an_id_token_that_was_not_made_for_this_sign_in_is_refused(client, cheat, cast, claims):
    cheat.claims |= claims
    assert come_back(client, cheat).status_code == 403
    assert "_auth_user_id" not in client.session


def test_no_token_of_the_provider_is_kept(client, cheat, cast):
    come_back(client, cheat)
    kept = str(dict(client.session)) + str(list(User.objects.values())) + str(list(AuditEvent.objects.values()))
    assert "writer@example.com" in kept
    assert not re.search(r"access_token|id_token|refresh_token|code_verifier|eyJ[A-Za-z0-9_-]{20}", kept)


@pytest.mark.parametrize("endpoint", ["authorization_endpoint", "token_endpoint", "jwks_uri", "userinfo_endpoint"])
def test_an_endpoint_without_tls_is_not_asked(client, cheat, cast, endpoint):
    cheat.more = {endpoint: "http://id.example.com/x"}
    assert client.get("/login/single-sign-on").status_code == 502


def test_metadata_of_another_issuer_are_refused(client, cheat, cast):
    cheat.more = {"issuer": "https://other.example.com"}
    assert client.get("/login/single-sign-on").status_code == 502


def test_an_issuer_without_tls_is_refused(client, cheat, cast, settings):
    settings.OIDC = {**settings.OIDC, "issuer": "http://id.example.com"}
    assert client.get("/login/single-sign-on").status_code == 502


@pytest.mark.parametrize(
    ("address", "secure"),
    [
        ("https://id.example.com", True), ("http://localhost:5000", True), ("http://127.0.0.1", True),
        ("http://[::1]:80/x", True), ("http://id.example.com", False), ("http://127.0.0.1.example.com", False),
        ("ftp://localhost", False), ("https://", False), ("http://[", False), ("", False),
    ],
)  # fmt: skip
def test_what_is_secure_has_tls_or_stays_on_this_machine(address, secure):
    assert secure_addresses.is_secure(address) is secure


def test_a_start_with_an_issuer_without_tls_ends_with_a_sentence():
    with pytest.raises(secure_addresses.ImproperlyConfigured, match="OIDC_ISSUER"):
        secure_addresses.required("OIDC_ISSUER", "http://id.example.com")


# Proving once more


@pytest.fixture
def signed_in(client, cheat, cast):
    """The browser of somebody without a password, whose last proof is old."""
    User.objects.filter(pk=cast.writer.pk).update(password="!")
    come_back(client, cheat)
    forget_proof(client)
    return client


def forget_proof(client):
    session = client.session
    del session["proved"]
    session.save()


PROVE = "/login/single-sign-on?prove=1&next=/settings/second-factor"


def test_who_has_no_password_proves_by_the_provider(signed_in, cheat):
    there = signed_in.get("/settings/tokens/create?x=1")
    asked = signed_in.post("/settings/tokens/create", {"comment": "c", "days": "1", "scope": "admin"})
    assert asked["Location"].startswith("/login/proof?next=")
    assert "Sign in with Cheat again" in text(signed_in.get(asked["Location"]))
    sent = parse_qs(urlsplit(signed_in.get(PROVE)["Location"]).query)
    assert (sent["prompt"], sent["max_age"]) == (["login"], ["60"])
    assert come_back(signed_in, cheat, PROVE)["Location"] == "/settings/second-factor"
    assert "proved" in signed_in.session
    assert there.status_code == 200


@pytest.mark.parametrize("claims", [{"auth_time": 1_000_000}, {"auth_time": None}, {"sub": "somebody else"}])
def test_an_old_sign_in_at_the_provider_or_anothers_is_no_proof(signed_in, cheat, claims):
    cheat.claims |= claims
    assert come_back(signed_in, cheat, PROVE).status_code == 403
    assert "proved" not in signed_in.session
    assert AuditEvent.objects.filter(action_name="proveIdentity", result="DENIED", actor="writer@example.com").exists()
