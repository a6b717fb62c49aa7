"""A second factor, as people meet it."""

import re

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from django_otp.oath import totp

from accounts import second_factors as mechanics
from accounts.models import SecondFactor, User
from registry.models import AuditEvent

PASSWORD = "correct horse battery"


@pytest.fixture
def reader(cast):
    cast.reader.set_password(PASSWORD)
    cast.reader.save()
    return cast.reader


@pytest.fixture
def factor(reader):
    secret = mechanics.new_secret()
    factor = SecondFactor.objects.create(user=reader, sealed_secret=mechanics.seal(secret))
    factor.codes, factor.secret = factor.renew_recovery_codes(), secret
    return factor


def code_of(factor):
    return f"{totp(factor.secret):06}"


def give_password(client, name="reader@example.com", target="/explore/search"):
    return client.post(f"/login?next={target}", {"username": name, "password": PASSWORD})


def test_the_password_alone_signs_nobody_in(client, factor):
    assert give_password(client)["Location"] == "/login/code"
    assert "_auth_user_id" not in client.session
    assert client.get("/explore/data").status_code == 302
    assert client.post("/login/code", {"code": "000000"}).status_code == 200
    assert client.post("/login/code", {"code": code_of(factor)})["Location"] == "/explore/search"
    assert client.get("/explore/data").status_code == 200
    denied, done = AuditEvent.objects.filter(action_name="login").order_by("pk")
    assert (denied.result, denied.parameters["method"], denied.actor) == ("DENIED", "code", "reader@example.com")
    assert (done.result, done.parameters) == ("SUCCESS", {"method": "password and code"})


def test_a_recovery_code_signs_in_once(client, factor):
    give_password(client)
    assert client.post("/login/code", {"code": factor.codes[0]}).status_code == 302
    other = Client()
    give_password(other)
    assert other.post("/login/code", {"code": factor.codes[0]}).status_code == 200
    assert AuditEvent.objects.get(action_name="login", result="SUCCESS").parameters == {
        "method": "password and recovery code"
    }


def test_the_django_admin_is_no_way_around_it(client, factor, reader):
    User.objects.filter(pk=reader.pk).update(is_staff=True, is_superuser=True)
    body = {"username": "reader@example.com", "password": PASSWORD}
    assert client.post("/admin/login/?next=/admin/", body)["Location"] == "/login?next=/admin/"
    give_password(client)
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"
    client.post("/login/code", {"code": code_of(factor)})
    assert client.get("/admin/").status_code == 200


def test_codes_are_not_guessed_for_ever(client, factor):
    give_password(client)
    told = [client.post("/login/code", {"code": "000000"}).status_code for _ in range(12)]
    assert told == [200] * 10 + [429] * 2
    assert client.post("/login/code", {"code": code_of(factor)}).status_code == 429
    other = Client()
    give_password(other)
    assert other.post("/login/code", {"code": factor.codes[0]}).status_code == 429
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=6)):
        give_password(client)
        assert client.post("/login/code", {"code": code_of(factor)}).status_code == 302


def test_without_the_password_no_code_is_asked(client, factor):
    assert client.get("/login/code")["Location"] == "/login"
    assert client.post("/login/code", {"code": code_of(factor)})["Location"] == "/login"
    client.cookies["halfway_in"] = "made-up"
    assert client.post("/login/code", {"code": code_of(factor)})["Location"] == "/login"


@pytest.mark.parametrize("change", ["time", "password", "activity"])
def test_the_way_to_the_second_step_ends(client, factor, reader, change):
    give_password(client)
    if change == "password":
        reader.set_password("another one 22")
        reader.save()
    if change == "activity":
        User.objects.filter(pk=reader.pk).update(is_active=False)
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=6 if change == "time" else 0)):
        assert client.post("/login/code", {"code": code_of(factor)})["Location"] == "/login"


def test_it_is_set_up_with_the_app_s_first_code(client, reader):
    give_password(client)
    page = client.get("/settings/second-factor").content.decode()
    assert 'src="data:image/svg+xml' in page
    assert "%23fff" in page  # its ground is light in the dark theme too
    letters = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', page)[1]
    assert letters in client.get("/settings/second-factor").content.decode()  # loaded again, it is the same
    import base64

    secret = base64.b32decode(letters)
    assert "not the code" in client.post("/settings/second-factor", {"code": "000000"}).content.decode()
    assert not SecondFactor.objects.exists()
    told = client.post("/settings/second-factor", {"code": f"{totp(secret):06}"}).content.decode()
    codes = re.findall(r"^[a-z2-9]{5}-[a-z2-9]{5}$", told.partition('id="codes">')[2].partition("</pre>")[0], re.M)
    assert len(codes) == 10
    event = AuditEvent.objects.get(action_name="updateUser")
    assert event.parameters["changed"] == {"second_factor": [False, True]}
    assert letters not in str(event.parameters)
    assert "Recovery codes left: 10" in client.get("/settings/profile").content.decode()
    assert client.get("/settings/second-factor").status_code == 302
    again = Client()
    assert give_password(again)["Location"] == "/login/code"
    assert again.post("/login/code", {"code": f"{totp(secret):06}"}).status_code == 200  # it has been used
    assert again.post("/login/code", {"code": codes[3]}).status_code == 302


def test_the_secret_is_readable_in_no_session(client, reader):
    give_password(client)
    page = client.get("/settings/second-factor").content.decode()
    letters = re.search(r'id="secret"[^>]*>([A-Z2-7]+)<', page)[1]
    assert letters not in str(client.session.items())


def signed_in(client, factor):
    give_password(client)
    client.post("/login/code", {"code": code_of(factor)})
    return client


def test_new_recovery_codes_are_shown_once(client, factor):
    signed_in(client, factor)
    assert "count no more" in client.get("/settings/second-factor/codes").content.decode()
    assert "recovery codes" in client.post("/settings/second-factor/codes").content.decode()
    other = Client()
    give_password(other)
    assert other.post("/login/code", {"code": factor.codes[0]}).status_code == 200


def test_it_is_removed_by_its_owner(client, factor):
    signed_in(client, factor)
    assert client.post("/settings/second-factor/remove").status_code == 302
    assert not SecondFactor.objects.exists()
    assert give_password(Client())["Location"] == "/explore/search"


@pytest.mark.parametrize("path", ["", "/codes", "/remove"])
def test_each_step_takes_a_proof_that_is_not_old(client, factor, path):
    signed_in(client, factor)
    with time_machine.travel(timezone.now() + timezone.timedelta(minutes=31)):
        assert client.post(f"/settings/second-factor{path}")["Location"].startswith("/login/proof")
    assert SecondFactor.objects.exists()


def test_an_administrator_resets_it_with_an_event(as_user, cast, factor):
    browser = as_user(cast.admin)
    assert "Reset factor" in browser.get("/settings/users").content.decode()
    assert browser.post(f"/settings/users/{cast.reader.pk}/second-factor/reset").status_code == 302
    assert not SecondFactor.objects.exists()
    event = AuditEvent.objects.get(action_name="updateUser")
    assert (event.actor, event.parameters["changed"]) == ("admin@example.com", {"second_factor": [True, False]})
    assert "Reset factor" not in browser.get("/settings/users").content.decode()


def test_a_superuser_s_is_reset_by_superusers_alone(as_user, cast, factor):
    User.objects.filter(pk=cast.reader.pk).update(is_superuser=True)
    User.objects.filter(pk=cast.stranger.pk).update(is_metastore_admin=True)
    chief = as_user(User.objects.get(pk=cast.stranger.pk))
    chief.post(f"/settings/users/{cast.reader.pk}/second-factor/reset")
    assert SecondFactor.objects.exists()


def test_where_no_administrator_can_sign_in_the_machine_s_can_help(factor):
    from django.core.management import CommandError, call_command

    call_command("reset_second_factor", "reader@example.com")
    assert not SecondFactor.objects.exists()
    assert AuditEvent.objects.filter(action_name="updateUser").count() == 1
    for name in ("reader@example.com", "nobody@example.com"):
        with pytest.raises(CommandError):
            call_command("reset_second_factor", name)


def test_who_has_no_password_is_offered_none(as_user, cast):
    cast.reader.set_unusable_password()
    cast.reader.save()
    assert "second factor" not in as_user(cast.reader).get("/settings/profile").content.decode().lower()
