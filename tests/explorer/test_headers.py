"""What answers tell browsers to do with them, and what the settings for TLS turn on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from registry.api.discovery import account_id, workspace_id
from registry.models import Metastore

ROOT = Path(__file__).parents[2]
NAMES = [
    "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS",
    "SECURE_SSL_REDIRECT",
]  # fmt: skip


@pytest.mark.parametrize("address", ["/explore/data", "/explore/data/models/shop/ml/churn", "/settings", "/admin/"])
def test_no_page_of_who_has_signed_in_is_kept(as_user, cast, address):
    assert as_user(cast.admin).get(address)["Cache-Control"] in (
        "no-store",
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )


def test_no_answer_of_the_api_is_kept(api, cast):
    created = api(cast.owner)("POST", "/api/2.0/token/create", {"comment": "secret"})
    assert created.json()["token_value"]
    assert created["Cache-Control"] == "no-store"
    assert api(cast.reader)("GET", "/api/2.1/unity-catalog/catalogs")["Cache-Control"] == "no-store"


def test_a_file_is_not_kept(as_user, cast):
    answer = as_user(cast.reader).get("/explore/data/models/shop/ml/churn/version/1/artifacts/MLmodel")
    assert b"".join(answer.streaming_content) == b"flavors: {}\n"
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")


def test_signing_out_clears_what_the_browser_keeps(as_user, cast):
    answer = as_user(cast.reader).post("/logout")
    assert answer["Clear-Site-Data"] == '"cache", "cookies", "storage"'


def manage(tmp_path, *arguments, **environment):
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "HOME")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=kept | {"DATA_DIR": str(tmp_path)} | environment,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def settings_with(tmp_path, **environment):
    script = (
        f"import json; from django.conf import settings; print(json.dumps([getattr(settings, n) for n in {NAMES}]))"
    )
    return json.loads(manage(tmp_path, "shell", "--no-imports", "-c", script, **environment).stdout)


def test_behind_tls_everything_is_on_and_djangos_check_for_deployment_is_clean(tmp_path):
    tls = {"SECURE_COOKIES": "1", "TRUST_PROXY": "1"}
    checked = manage(tmp_path, "check", "--deploy", "--fail-level", "WARNING", **tls)
    assert checked.returncode == 0, checked.stderr
    year = 365 * 24 * 60 * 60
    assert settings_with(tmp_path, **tls) == ["__Host-sessionid", "__Host-csrftoken", True, True, year, True]
    assert settings_with(tmp_path) == ["sessionid", "csrftoken", False, False, 0, False]


@pytest.mark.parametrize("name", ["SECRET_KEY", "AUDIT_KEY"])
@pytest.mark.parametrize("key", ["short", "a" * 60])
def test_a_key_that_can_be_guessed_is_refused(tmp_path, name, key):
    answer = manage(tmp_path, "check", **{name: key})
    assert answer.returncode == 1
    assert f"{name} is too short to be secret" in answer.stderr


def test_the_workspace_is_named_by_the_metastore_and_not_by_a_key(api, cast, settings):
    account_id.cache_clear()
    before = workspace_id()
    account_id.cache_clear()
    settings.SECRET_KEY = "another" * 10
    assert workspace_id() == before == str(10**15 + Metastore.current().uid.int % 10**15)


def test_clients_that_ask_in_the_clear_are_refused_where_there_is_tls(api, client, cast, settings):
    settings.SECURE_SSL_REDIRECT, settings.SECURE_REDIRECT_EXEMPT = True, ["^healthz$", "^api/", "^v1/", "^oidc/"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    ask, path = api(cast.reader), "/api/2.1/unity-catalog/catalogs"
    assert ask.error("GET", path) == (403, "PERMISSION_DENIED")
    assert ask("GET", path, headers={"X-Forwarded-Proto": "https"}).status_code == 200
    assert client.post("/oidc/v1/token").status_code == 403
    assert client.post("/v1/traces").status_code == 403
    assert client.get("/login").status_code == 301
    assert client.get("/healthz").status_code in (200, 503)


def test_cookies_of_tls_are_taken_by_tls_alone(client, cast, settings):
    settings.SECURE_COOKIES, settings.THEME_COOKIE_NAME = True, "__Host-theme"
    answer = client.post("/settings/theme", {"theme": "dark"})
    assert answer.cookies["__Host-theme"]["secure"]
    cast.reader.set_password("quite a long secret")
    cast.reader.save()
    client.post("/login", {"username": "reader@example.com", "password": "quite a long secret"})
    assert {name for name in client.cookies if name.startswith("__")} == {"__Host-theme", "__Secure-known_browser"}
