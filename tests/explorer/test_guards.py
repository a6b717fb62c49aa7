"""What a session must satisfy: it lives, and where it matters its user has proved lately who they are."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client
from django.utils import timezone

from accounts.models import Session, User
from registry.models import AuditEvent

PASSWORD = "correct horse battery"


@pytest.fixture
def admin(cast):
    User.objects.filter(pk=cast.admin.pk).update(password=_hashed())
    return User.objects.get(pk=cast.admin.pk)


@pytest.fixture
def browser(client, admin):
    client.post("/login", {"username": admin.user_name, "password": PASSWORD})
    return client


def _hashed():
    from django.contrib.auth.hashers import make_password

    return make_password(PASSWORD)


def later(**span):
    return time_machine.travel(timezone.now() + timedelta(**span))


# How long a session lives


def test_a_session_that_nobody_uses_ends_with_an_event(browser, settings):
    settings.SESSION_IDLE = timedelta(minutes=20)
    with later(minutes=19):
        assert browser.get("/explore/data").status_code == 200
    with later(minutes=38):
        assert browser.get("/explore/data").status_code == 200
    with later(minutes=59):
        assert browser.get("/explore/data")["Location"] == "/login?next=/explore/data"
    assert AuditEvent.objects.get(action_name="logout").actor == "admin@example.com"
    assert not Session.objects.filter(user__isnull=False).exists()


def test_a_session_that_is_used_ends_all_the_same(browser, settings):
    settings.SESSION_LASTS = timedelta(hours=30)
    for hours in (10, 20, 29):
        with later(hours=hours):
            assert browser.get("/explore/data").status_code == 200
    with later(hours=31):
        assert browser.get("/explore/data").status_code == 302


def test_reading_writes_seldom(browser, django_assert_num_queries):
    browser.get("/explore/data")
    used = Session.objects.get(user__isnull=False).used_at
    with later(minutes=5):
        browser.get("/explore/data")
        assert Session.objects.get(user__isnull=False).used_at == used
    with later(minutes=11):
        browser.get("/explore/data")
        assert Session.objects.get(user__isnull=False).used_at > used


def test_where_nothing_can_be_written_reading_goes_on(browser, monkeypatch):
    from django.db import OperationalError
    from django.db.models import QuerySet

    def full(*args, **options):
        raise OperationalError("database or disk is full")

    with later(minutes=11):
        monkeypatch.setattr(QuerySet, "update", full)
        assert browser.get("/explore/data").status_code == 200


# Ending the sessions of an account


def test_an_administrator_ends_every_session_of_an_account(browser, cast):
    User.objects.filter(pk=cast.reader.pk).update(password=_hashed())
    theirs = [Client(), Client()]
    for one in theirs:
        one.post("/login", {"username": "reader@example.com", "password": PASSWORD})
    assert "2 browsers" not in browser.get(f"/settings/users/{cast.reader.pk}/sessions/end").content.decode()
    assert browser.post(f"/settings/users/{cast.reader.pk}/sessions/end").status_code == 302
    assert {one.get("/explore/data").status_code for one in theirs} == {302}
    assert browser.get("/explore/data").status_code == 200
    event = AuditEvent.objects.get(action_name="logout")
    assert event.parameters == {"sessions": 2, "user": "reader@example.com"}


def test_a_superuser_s_sessions_are_ended_by_superusers_alone(as_user, cast):
    User.objects.filter(pk=cast.stranger.pk).update(is_metastore_admin=True)
    chief = as_user(User.objects.get(pk=cast.stranger.pk))
    answer = chief.post(f"/settings/users/{cast.admin.pk}/sessions/end")
    assert "Only a superuser" in answer.content.decode()


# Proofs

GUARDED = [
    "/admin/", "/admin/accounts/user/", "/settings/users/create", "/settings/users/{reader}/edit",
    "/settings/users/{reader}/password", "/settings/users/{reader}/delete", "/settings/groups/create",
    "/settings/users/{reader}/second-factor/reset", "/settings/second-factor",
]  # fmt: skip


@pytest.mark.parametrize("path", GUARDED)
@pytest.mark.parametrize("method", ["get", "post"])
def test_what_administrators_do_takes_a_proof_that_is_not_old(browser, cast, path, method):
    path = path.format(reader=cast.reader.pk)
    assert browser.get(path).status_code == 200 or "reset" in path
    with later(minutes=31):
        asked = getattr(browser, method)(path)
        assert (asked.status_code, urlsplit(asked["Location"]).path) == (302, "/login/proof")
        wanted = parse_qs(urlsplit(asked["Location"]).query)["next"][0]
        assert wanted == path
        assert browser.post(asked["Location"], {"password": "wrong"}).status_code == 200
        assert browser.get(path).status_code == 302
        assert browser.post(asked["Location"], {"password": PASSWORD})["Location"] == path
        assert browser.get(path).status_code == 200
    assert AuditEvent.objects.filter(action_name="proveIdentity", result="DENIED").count() == 1


def test_nothing_is_changed_without_it(browser, cast):
    with later(minutes=31):
        browser.post(f"/settings/users/{cast.reader.pk}/delete")
        body = {"action": "delete_selected", "_selected_action": cast.reader.pk, "post": "yes"}
        browser.post("/admin/accounts/user/", body)
    assert User.objects.filter(pk=cast.reader.pk).exists()


def test_a_dialog_leads_to_the_proof_as_a_page(browser):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/settings/users"}
    with later(minutes=31):
        told = browser.get("/settings/users/create", headers=headers)
    assert told["HX-Redirect"] == "/login/proof?next=%2Fsettings%2Fusers%2Fcreate"


def test_a_wide_token_takes_a_proof_and_a_narrow_one_does_not(browser):
    with later(minutes=31):
        asked = {"comment": "ci", "days": "3", "scope": "read"}
        assert "cex_" in browser.post("/settings/tokens/create", asked).content.decode()
        wide = browser.post("/settings/tokens/create", {**asked, "scope": "admin"})
        assert urlsplit(wide["Location"]).path == "/login/proof"
        again = browser.post(wide["Location"], {"password": PASSWORD})["Location"]
        page = browser.get(again).content.decode()
        assert 'value="ci"' in page
        assert 'value="3"' in page
        assert "cex_" in browser.post(again, {**asked, "scope": "admin"}).content.decode()


def test_so_does_rotating_one(browser, cast, admin):
    token, _ = admin.tokens.model.objects.issue(admin, scope="admin")
    narrow, _ = admin.tokens.model.objects.issue(admin, scope="read")
    with later(minutes=31):
        assert browser.post(f"/settings/tokens/{token.uid}/rotate").status_code == 302
        assert "cex_" in browser.post(f"/settings/tokens/{narrow.uid}/rotate").content.decode()


def test_proofs_are_not_guessed_for_ever(browser):
    told = [browser.post("/login/proof", {"password": "wrong"}).status_code for _ in range(12)]
    assert told == [200] * 10 + [429] * 2


@pytest.mark.parametrize("target", ["https://evil.example.com/", "//evil.example.com", "javascript:alert(1)"])
def test_nobody_is_led_elsewhere_by_a_proof(browser, target):
    assert browser.post(f"/login/proof?next={target}", {"password": PASSWORD})["Location"] == "/"


def test_looking_takes_no_proof(browser):
    with later(minutes=31):
        for path in ("/settings/users", "/settings/groups", "/settings/tokens", "/settings/profile", "/explore/data"):
            assert browser.get(path).status_code == 200
