"""One's own account: groups, sessions, mail."""

from datetime import timedelta
from smtplib import SMTPDataError

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from accounts.models import Session
from registry import clock
from registry.jobs import mailing
from registry.models import AuditEvent, MailPreference, Notification
from registry.services.activity import notifications
from tests.cast import actor

PASSWORD = "correct horse battery"


@pytest.fixture
def reader(cast):
    cast.reader.set_password(PASSWORD)
    cast.reader.save()
    return cast.reader


def sign_in(client, user, agent="Firefox"):
    client.post("/login", {"username": user.user_name, "password": PASSWORD}, headers={"User-Agent": agent})
    return client


def test_groups_are_shown_also_those_by_nesting(as_user, cast):
    page = as_user(cast.reader).get("/settings/profile").content.decode()
    assert "readers" in page
    assert "everybody-in-sales" in page


def test_sessions_are_listed_and_ended_one_by_one(client, reader):
    here, there = sign_in(client, reader), sign_in(Client(), reader, "Lynx")
    page = here.get("/settings/profile").content.decode()
    assert page.index("Lynx") < page.index("Firefox") < page.index("This one")
    assert not any(key in page for key in Session.objects.values_list("session_key", flat=True))
    uid = Session.objects.get(user_agent="Lynx").uid
    assert here.post(f"/settings/profile/sessions/{uid}/end").status_code == 302
    assert there.get("/settings/profile").status_code == 302
    assert here.get("/settings/profile").status_code == 200
    assert AuditEvent.objects.filter(action_name="logout", actor="reader@example.com").count() == 1


def test_nobody_ends_the_session_of_another(client, as_user, cast, reader):
    sign_in(client, reader)
    uid = Session.objects.get(user=reader).uid
    assert as_user(cast.admin).post(f"/settings/profile/sessions/{uid}/end").status_code == 404
    assert client.get("/settings/profile").status_code == 200


def test_all_others_end_at_once_and_when_the_password_changes(client, reader):
    here, there = sign_in(client, reader), sign_in(Client(), reader)
    here.post("/settings/profile/sessions/end")
    assert there.get("/settings/profile").status_code == 302
    there = sign_in(Client(), reader)
    new = "another good one 77"
    changed = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert here.post("/settings/password", changed).status_code == 302
    assert here.get("/settings/profile").status_code == 200
    assert Session.objects.filter(user=reader).count() == 1
    assert there.get("/settings/profile").status_code == 302


def test_a_session_that_has_expired_is_swept_away(client, reader):
    sign_in(client, reader)
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    assert "Firefox" not in client.get("/settings/profile").content.decode()
    clock.tick()
    assert not Session.objects.exists()


def news(user, text="something", age=timedelta(0)):
    return Notification.objects.create(recipient=user, text=text, created_at=timezone.now() - age)


def test_mail_comes_once_a_day_in_one_message_for_who_wants_that(as_user, cast, settings):
    settings.MAIL_IS_SET_UP = True
    assert as_user(cast.reader).post("/settings/profile/mail", {"frequency": "DAILY"}).status_code == 302
    news(cast.reader, "the first", age=timedelta(hours=23))
    news(cast.owner, "for the owner")
    assert mailing.send_mail() == 1
    Notification.objects.filter(recipient=cast.reader).update(created_at=timezone.now() - timedelta(hours=25))
    news(cast.reader, "the second")
    assert mailing.send_mail() == 1
    digest = mail.outbox[-1]
    assert (digest.to, digest.subject) == (["reader@example.com"], "2 news from Catalog Explorer")
    assert digest.body.index("the first") < digest.body.index("the second")
    assert mailing.send_mail() == 0


def test_mail_never_comes_for_who_wants_none_or_has_read_it(as_user, cast, settings):
    settings.MAIL_IS_SET_UP = True
    notifications.choose_mail_frequency(actor=actor(cast.reader), frequency=MailPreference.Frequency.NEVER)
    news(cast.reader)
    line = news(cast.owner)
    assert as_user(cast.owner).post(f"/inbox/{line.pk}/open")["Location"] == "/inbox"
    assert mailing.send_mail() == 0


def test_there_is_no_other_frequency(as_user, cast):
    assert as_user(cast.reader).post("/settings/profile/mail", {"frequency": "HOURLY"}).status_code == 400


def test_mail_tells_nothing_of_what_one_may_no_longer_read(cast, settings):
    settings.MAIL_IS_SET_UP = True
    Notification.objects.create(recipient=cast.stranger, text="a secret name", registered_model=cast.model)
    assert mailing.send_mail() == 0
    assert mail.outbox == []


def test_a_message_that_is_refused_for_good_keeps_nobody_elses(cast, settings, monkeypatch):
    settings.MAIL_IS_SET_UP = True
    news(cast.reader, "buy now", age=timedelta(minutes=1))
    news(cast.owner, "something")
    real = EmailMessage.send

    def send(message, **options):
        if "buy now" in message.body:
            raise SMTPDataError(554, b"spam")
        return real(message, **options)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    assert mailing.send_mail() == 1
    assert mailing.send_mail() == 0


def test_a_long_digest_is_cut_and_sent_once(cast, settings, monkeypatch):
    settings.MAIL_IS_SET_UP = True
    monkeypatch.setattr("registry.jobs.mailing.IN_ONE_MESSAGE", 2)
    for number in range(3):
        news(cast.reader, f"line {number}")
    assert mailing.send_mail() == 1
    assert "… and 1 more." in mail.outbox[0].body
    assert mailing.send_mail() == 0
