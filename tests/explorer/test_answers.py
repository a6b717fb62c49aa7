"""What ASVS asks of requests, answers and what lies behind, where no other test does. (Its table: SECURITY.md.)"""

import pickle
import subprocess
import sys

import pytest
from celery import current_app
from django.apps import apps
from django.urls import reverse
from kombu.exceptions import ContentDisallowed
from kombu.serialization import loads, prepare_accept_content

from accounts.models import PersonalAccessToken, User
from explorer import demo
from registry.actor import Actor, client_address
from registry.jobs import mailing
from registry.models import AuditEvent
from tests.live import ROOT
from tests.test_access_table import PAGES, arguments, special

UC = "/api/2.1/unity-catalog"


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
    """Every page, asked for by GET: no row of any table comes or goes, but for events of what was read or refused."""
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
    assert set(done) == {
        "downloadModelVersionArtifact",
        "viewAsPrincipal",
        "createComment",
        "createExternalLineage",
        "deleteRegisteredModel",
    }  # these three made to be looked at


def _rows():
    left_out = ("AuditEvent", "Session", "DenialTally")
    return {model: model._base_manager.count() for model in apps.get_models() if model.__name__ not in left_out}


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


def test_what_cannot_be_set_is_refused_by_name_with_all_that_comes_with_it(api, cast):
    before = type(cast.model).objects.filter(pk=cast.model.pk).values().get()
    for name in ("created_by", "full_name", "filed_as", "size", "metastore_id"):
        answer = api(cast.owner)("PATCH", f"{UC}/models/shop.ml.churn", {"comment": "c", name: "x"})
        assert answer.status_code == 400
        assert name in answer.json()["message"]
    assert type(cast.model).objects.filter(pk=cast.model.pk).values().get() == before


def test_a_forwarded_address_counts_behind_a_proxy_alone(rf, settings):
    request = rf.get("/", headers={"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"})
    assert (client_address(request), request.is_secure()) == ("127.0.0.1", False)
    settings.TRUST_PROXY = True
    assert client_address(request) == "203.0.113.9"


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


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
@pytest.mark.parametrize("path", ["/explore/data", f"{UC}/catalogs", "/login", "/api/openapi.json", "/nothing"])
def test_no_other_site_may_read_an_answer(as_user, cast, method, path):
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = as_user(cast.admin).generic(method, path, headers=headers)
    assert not [name for name in answer.headers if name.lower().startswith("access-control-")]


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

    monkeypatch.setattr("registry.services.hierarchy.catalogs.list_catalogs", broken)
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
