"""What ASVS asks of browsers, cookies and requests, where no other test does. (The table stands in SECURITY.md.)"""

import pickle
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
from celery import current_app
from django.apps import apps
from django.core import signing
from django.test import Client
from django.urls import reverse
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads, prepare_accept_content

from accounts.models import PersonalAccessToken, Session, User
from explorer import demo
from registry.actor import Actor, client_address
from registry.jobs import mailing
from registry.models import AuditEvent
from registry.services import tokens
from tests.cast import actor
from tests.live import ROOT
from tests.test_access_table import PAGES, arguments, special

PASSWORD = "the right one 1"
UC = "/api/2.1/unity-catalog"


@pytest.fixture
def reader(cast):
    cast.reader.set_password(PASSWORD)
    cast.reader.save()
    return cast.reader


def sign_in(browser, **more):
    return browser.post("/login", {"username": "reader@example.com", "password": PASSWORD, **more})


# Cookies and sessions


def test_signing_in_makes_a_new_session_and_ends_the_old_one(client, reader):
    session = client.session
    session["sign_in_next"] = "/inbox"  # as the way to single sign-on leaves it
    session.save()
    before = session.session_key
    sign_in(client)
    assert client.session.session_key != before
    assert not Session.objects.filter(session_key=before).exists()


def test_a_session_is_gone_from_the_server_once_its_user_has_signed_out(client, reader):
    sign_in(client)
    key = client.cookies["sessionid"].value
    assert len(key) == 32  # of 36 letters and digits: 165 bits
    client.post("/logout")
    assert not Session.objects.filter(session_key=key).exists()
    again = Client()
    again.cookies["sessionid"] = key
    assert again.get("/explore/data").headers["Location"].startswith("/login")


def test_cookies_go_to_no_other_site_and_scripts_see_no_session(client, reader):
    client.get("/login")
    sign_in(client)
    client.post("/settings/theme", {"theme": "dark"})
    cookies = {cookie.key: cookie for cookie in client.cookies.values()}
    assert len(cookies) == 3
    assert {cookie["samesite"] for cookie in cookies.values()} == {"Lax"}
    assert next(cookie for name, cookie in cookies.items() if "sessionid" in name)["httponly"]


def test_nobody_is_sent_elsewhere_after_signing_in(client, reader):
    for target in ("https://evil.example/", "//evil.example", r"/\evil.example", "javascript:alert(1)"):
        assert sign_in(Client(), next=target).headers["Location"] == "/explore/data"
    assert sign_in(client, next="/inbox").headers["Location"] == "/inbox"


# Passwords


@pytest.mark.parametrize("password", [" a b c d e f ", "ÄÖÜ ßéñ 日本語です", "x1 " * 40, "onlylettersofthiskind"])
def test_a_password_of_any_composition_is_taken_as_it_is(client, reader, password):
    sign_in(client)
    asked = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post("/settings/password", asked).status_code == 302
    reader.refresh_from_db()
    assert reader.check_password(password)
    assert not reader.check_password(password.strip().upper())
    assert not reader.check_password(password[:64]) or len(password) <= 64


@pytest.mark.parametrize("password", ["short 1", "password123", "iloveyou1"])
def test_a_password_that_is_short_or_common_is_refused(client, reader, password):
    sign_in(client)
    asked = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post("/settings/password", asked).status_code == 200
    reader.refresh_from_db()
    assert reader.check_password(PASSWORD)


def test_passwords_are_kept_as_slow_hashes(reader):
    algorithm, rounds, salt, _ = reader.password.split("$")
    assert algorithm.endswith("pbkdf2_sha256")
    assert int(rounds) >= 600_000
    assert len(salt) * 5 >= 100  # bits, of letters and digits


def test_password_fields_hide_what_is_typed_and_let_password_managers_fill_them(client, reader):
    page = client.get("/login").content.decode()
    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page
    sign_in(client)
    page = client.get("/settings/password").content.decode()
    assert page.count('type="password"') == 3
    assert page.count('autocomplete="new-password"') == 2


# Requests


def test_the_api_takes_no_session_for_a_token(as_user, cast):
    """Another site could have a browser send its cookie, and never the header that carries a token."""
    browser = as_user(cast.admin)
    assert browser.get("/explore/data").status_code == 200
    for method, path, body in (
        ("GET", f"{UC}/catalogs", ""),
        ("POST", f"{UC}/catalogs", '{"name": "new"}'),
        ("DELETE", f"{UC}/catalogs/shop", ""),
        ("POST", "/api/2.0/token/create", "{}"),
        ("POST", "/api/2.0/sql/statements", '{"statement": "SHOW CATALOGS"}'),
    ):
        assert browser.generic(method, path, body, content_type="text/plain").status_code == 401, path


def test_what_is_read_changes_nothing(as_user, cast):
    """Every page, asked for by GET: no row of any table comes or goes, but for events of what was read."""
    paths = [
        reverse(name, kwargs=arguments(name, cast) | special(name, cast, "GET"))
        for name in sorted({name for name, *_ in PAGES} - {"service-principal"})
        if "service-principal-" not in name
    ]
    before = _rows()
    for member in (cast.admin, cast.owner):
        browser = as_user(member)
        for path in paths:
            b"".join(browser.get(path))
    assert _rows() == before
    done = AuditEvent.objects.exclude(result="DENIED").values_list("action_name", flat=True)
    assert set(done) == {"downloadModelVersionArtifact", "createComment"}  # the comment was made to be looked at


def _rows():
    left_out = (AuditEvent, Session)
    return {model: model._base_manager.count() for model in apps.get_models() if model not in left_out}


def test_what_is_not_asked_for_by_a_form_is_not_changed(as_user, api, cast):
    before = User.objects.filter(pk=cast.stranger.pk).values().get()
    edited = {
        "display_name": "S",
        "is_active": "on",
        "is_superuser": "on",
        "is_staff": "on",
        "user_name": "x@example.com",
    }
    as_user(cast.admin).post(f"/settings/users/{cast.stranger.pk}/edit", edited)
    assert User.objects.filter(pk=cast.stranger.pk).values().get() == {**before, "display_name": "S"}
    change = {
        "comment": "c",
        "created_by": "x",
        "full_name": "shop.ml.x",
        "filed_as": "x",
        "size": 9,
        "metastore_id": "x",
    }
    api(cast.owner).ok("PATCH", f"{UC}/models/shop.ml.churn", change)
    model = type(cast.model).objects.get(pk=cast.model.pk)
    assert (model.comment, model.created_by, model.filed_as) == ("c", cast.model.created_by, cast.model.filed_as)


def test_a_forwarded_address_counts_behind_a_proxy_alone(rf, settings):
    request = rf.get("/", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
    assert (client_address(request), request.is_secure()) == ("127.0.0.1", False)
    settings.TRUST_PROXY = True
    assert client_address(request) == "203.0.113.9"


@pytest.mark.parametrize("grant_type", ["password", "authorization_code", "refresh_token", "implicit", ""])
def test_machines_get_tokens_by_their_own_credentials_alone(client, cast, grant_type):
    asked = {"grant_type": grant_type, "username": "reader@example.com", "password": PASSWORD, "code": "x"}
    answer = client.post("/oidc/v1/token", asked)
    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_an_access_token_dies_with_the_secret_that_got_it(client, cast):
    robot = User.objects.create_user(str(uuid4()), kind=User.Kind.SERVICE_PRINCIPAL)
    secret, text = tokens.create_secret(actor=actor(cast.admin), owner=robot, lifetime=timedelta(days=1))
    asked = {"grant_type": "client_credentials", "client_id": robot.user_name, "client_secret": text}
    headers = {"Authorization": f"Bearer {client.post('/oidc/v1/token', asked).json()['access_token']}"}
    assert client.get(f"{UC}/catalogs", headers=headers).status_code == 200
    assert client.get(f"{UC}/catalogs", headers={"Authorization": f"{headers['Authorization']}x"}).status_code == 401
    tokens.delete_secret(actor=actor(cast.admin), owner=robot, uid=secret.uid)
    assert client.get(f"{UC}/catalogs", headers=headers).status_code == 401


def test_a_signature_for_one_thing_counts_for_no_other(client, cast):
    """A page token, the token of an upload and a signed URL are signed with the key of access tokens too."""
    for salt in ("registry.api.files", "registry.api.files.session", "registry.api.paging", "django.core.signing"):
        forged = signing.dumps([str(uuid4()), "admin"], salt=salt)
        answer = client.get(f"{UC}/catalogs", headers={"Authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/.git/config", "/secret_key", "/data/secret_key", "/static/", "/static/../secret_key", "/explorer/settings.py",
        "/static/%2e%2e/secret_key", "/static/..%2f..%2fsecret_key", "/admin/../secret_key", "/manage.py",
    ],
)  # fmt: skip
def test_no_file_of_the_server_is_a_page(as_user, cast, path):
    assert as_user(cast.admin).get(path).status_code == 404


# Answers


def test_addresses_are_told_to_no_other_site(as_user, cast):
    for path in ("/explore/data", "/login", "/nothing", f"{UC}/catalogs"):
        answer = as_user(cast.reader).get(path)
        assert answer["Referrer-Policy"] == "same-origin"
        assert answer["Cross-Origin-Opener-Policy"] == "same-origin"


@pytest.mark.parametrize("path", ["/audit/audit-events.csv", "/explore/data", "/nothing", "/explore/tree?of=shop"])
def test_text_says_in_which_characters_it_is_written(as_user, cast, path):
    answer = as_user(cast.reader).get(path)
    assert answer["Content-Type"].startswith("text/")
    assert answer["Content-Type"].endswith("; charset=utf-8")


def test_pages_of_an_error_tell_nothing_of_the_inside(as_user, cast, monkeypatch, caplog):
    def broken(**_):
        raise RuntimeError("secret innards")

    monkeypatch.setattr("registry.services.catalogs.list_catalogs", broken)
    browser = as_user(cast.reader)
    browser.raise_request_exception = False
    answer = browser.get("/explore/data")
    assert answer.status_code == 500
    assert "innards" not in answer.content.decode()
    assert "secret innards" in caplog.text


# What lies behind


def test_workers_take_json_alone():
    accepted = prepare_accept_content(current_app.conf.accept_content)
    assert loads('["x"]', "application/json", "utf-8", accept=accepted) == ["x"]
    with pytest.raises(ContentDisallowed):
        loads(pickle.dumps(["x"]), "application/x-python-serialize", "binary", accept=accepted)
    assert current_app.conf.task_serializer == "json"


def test_a_line_break_in_the_news_makes_no_header_of_a_message(cast):
    line = "churn\r\nBcc: everybody@example.com\r\n\r\nhello"
    message = mailing._message(cast.reader, [line], None).message()
    assert message["Bcc"] is None
    assert message["Subject"] == "churn Bcc: everybody@example.com hello"
    assert message["To"] == "reader@example.com"


def test_no_secret_is_in_the_log_or_in_an_event(client, api, reader, caplog):
    caplog.set_level("DEBUG")
    sign_in(client)
    asked = {"old_password": PASSWORD, "new_password1": "another one 22", "new_password2": "another one 22"}
    client.post("/settings/password", asked)
    made = api(reader).ok("POST", "/api/2.0/token/create", {"comment": "laptop"})["token_value"]
    wrong = {"Authorization": "Bearer cex_a-token-that-nobody-has"}
    client.get(f"{UC}/catalogs", headers=wrong)
    written = caplog.text + str(list(AuditEvent.objects.values()))
    assert "laptop" in written
    for secret in (PASSWORD, "another one 22", made, client.session.session_key, "cex_a-token-that-nobody-has"):
        assert secret not in written


def test_the_demo_brings_nobody_who_can_sign_in(cast):
    demo.load(Actor(principal=cast.admin))
    brought = User.objects.filter(user_name__in=["maya@example.com", "omar@example.com"])
    assert [user.has_usable_password() for user in brought] == [False, False]
    assert not PersonalAccessToken.objects.filter(user__in=brought).exists()


def test_debugging_is_off_unless_it_is_asked_for(tmp_path):
    code = "from explorer import settings; print(settings.DEBUG, settings.ALLOWED_HOSTS)"
    command = [sys.executable, "-c", code]
    environment = {"DATA_DIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "False ['127.0.0.1', 'localhost', '[::1]']\n"
