"""What ASVS asks of cookies, sessions, passwords and tokens, where no other test does. (Its table: SECURITY.md.)"""

import re
import subprocess
import sys
from datetime import timedelta
from uuid import uuid4

import pytest
import time_machine
from django.core import signing
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from registry.models import AuditEvent
from registry.services.people import tokens
from tests.cast import actor
from tests.live import ROOT

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
    assert len(cookies) >= 3
    assert {cookie["samesite"] for cookie in cookies.values()} == {"Lax"}
    assert next(cookie for name, cookie in cookies.items() if "sessionid" in name)["httponly"]


def test_nobody_is_sent_elsewhere_after_signing_in(client, reader):
    for target in ("https://evil.example/", "//evil.example", r"/\evil.example", "javascript:alert(1)"):
        assert sign_in(Client(), next=target).headers["Location"] == "/"
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


@pytest.mark.parametrize("password", ["short 1", "password123", "iloveyou1", "1q2w3e4r5t6y", "qwerty123456"])
def test_a_password_that_is_short_or_common_is_refused(client, reader, password):
    sign_in(client)
    asked = {"old_password": PASSWORD, "new_password1": password, "new_password2": password}
    assert client.post("/settings/password", asked).status_code == 200
    reader.refresh_from_db()
    assert reader.check_password(PASSWORD)


def test_a_password_stays_valid_until_somebody_changes_it(reader):
    with time_machine.travel(timezone.now() + timedelta(days=5 * 365)):
        browser = Client()
        sign_in(browser)
        assert browser.get("/explore/data").status_code == 200


def test_there_is_no_way_in_by_hints_questions_or_mail(client, db):
    page = client.get("/login").content.decode()
    fields = set(re.findall(r'<input[^>]*name="([^"]+)"', page)) - {"csrfmiddlewaretoken", "next", "theme"}
    assert fields == {"username", "password"}
    assert not re.search(r"forgot|reset|hint|question", page, re.IGNORECASE)
    assert not {field.name for field in User._meta.get_fields()} & {"hint", "question", "answer", "phone"}


def test_passwords_are_kept_as_slow_hashes(reader, tmp_path):
    algorithm, _, salt, _ = reader.password.split("$")
    assert algorithm == "pbkdf2_sha256"
    assert len(salt) * 5 >= 100  # bits, of letters and digits
    # Asked of another process: tests may hash faster.
    code = (
        "import django; django.setup(); from django.contrib.auth import hashers; print(hashers.get_hasher().iterations)"
    )
    environment = {"DATA_DIR": str(tmp_path), "DJANGO_SETTINGS_MODULE": "explorer.settings", "PATH": ""}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, check=True)
    assert int(done.stdout) >= 600_000


def test_password_fields_hide_what_is_typed_and_let_password_managers_fill_them(client, reader):
    page = client.get("/login").content.decode()
    assert 'type="password"' in page
    assert 'autocomplete="current-password"' in page
    assert "onpaste" not in page
    sign_in(client)
    page = client.get("/settings/password").content.decode()
    assert page.count('type="password"') == 3
    assert page.count('autocomplete="new-password"') == 2


# Tokens of machines, and what is told of secrets


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
    for salt in ("registry.api.files", "registry.api.files.session", "registry.http.paging", "django.core.signing"):
        forged = signing.dumps([str(uuid4()), "admin"], salt=salt)
        answer = client.get(f"{UC}/catalogs", headers={"Authorization": f"Bearer {forged}"})
        assert answer.status_code == 401


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
