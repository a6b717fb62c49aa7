"""Asking for access, and the answer."""

import re
from smtplib import SMTPRecipientsRefused
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group
from django.core import mail
from django.core.mail import EmailMessage
from django.utils import timezone

from accounts.models import User
from registry import authorization, limits
from registry.authorization import Operation
from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    InvalidState,
    PermissionDenied,
)
from registry.jobs import mailing
from registry.models import (
    AccessRequest,
    AuditEvent,
    CatalogGroupGrant,
    CatalogUserGrant,
    Metastore,
    Notification,
)
from registry.privileges import Privilege
from registry.services.access import access_requests
from registry.services.activity import notifications
from registry.services.hierarchy import registered_models
from tests.cast import actor, grant

OURS = "/api/2.1/catalog-explorer/access-requests"


def ask(cast, user=None, securable=None, privileges=(Privilege.EXECUTE,), **asked):
    return access_requests.request_access(
        actor=actor(user or cast.browser), securable=securable or cast.model, privileges=privileges, **asked
    )


def decide(cast, request, *, by=None, **decision):
    access_requests.decide_access_request(actor=actor(by or cast.owner), request=request, **decision)


def inbox(user):
    return list(Notification.objects.filter(recipient=user).order_by("pk").values_list("text", flat=True))


def test_a_request_reaches_the_owner_and_those_who_manage(cast):
    grant(cast.writer, cast.model, "MANAGE")
    request = ask(cast, comment="for the report")[-1]
    assert (request.state, request.words, request.comment) == ("OPEN", "EXECUTE", "for the report")
    assert inbox(cast.owner) == inbox(cast.writer) == ["browser@example.com asks for EXECUTE on shop.ml.churn."]
    assert not any("shop.ml.churn" in text for text in inbox(cast.admin))  # there is somebody nearer
    event = AuditEvent.objects.filter(action_name="requestAccess").first()
    assert (event.actor, event.securable_uid) == ("browser@example.com", cast.model.uid)


def test_missing_use_of_a_container_is_a_request_of_its_own(cast):
    made = ask(cast)
    assert [(str(r.securable), r.words) for r in made] == [
        ("shop", "USE CATALOG"), ("shop.ml", "USE SCHEMA"), ("shop.ml.churn", "EXECUTE"),
    ]  # fmt: skip
    assert len(inbox(cast.admin)) == 2  # nobody owns the containers


def test_granting_all_of_it_opens_the_model(cast):
    for request in ask(cast):
        decide(cast, request, by=cast.admin if request.securable != cast.model else cast.owner, grant=True)
    assert authorization.allows(actor(cast.browser), Operation.READ_ARTIFACTS, cast.model)
    events = AuditEvent.objects.filter(action_name="updatePermissions", on_behalf_of="browser@example.com")
    assert events.count() == 3
    assert inbox(cast.browser)[-1] == "owner@example.com has granted EXECUTE on shop.ml.churn."


def test_declining_tells_why_and_grants_nothing(cast):
    request = ask(cast)[-1]
    decide(cast, request, grant=False, reply="Use the copy in dev.")
    assert inbox(cast.browser) == ["owner@example.com has declined EXECUTE on shop.ml.churn: Use the copy in dev."]
    assert not authorization.allows(actor(cast.browser), Operation.READ_REGISTERED_MODEL, cast.model)
    assert AuditEvent.objects.get(action_name="decideAccessRequest").parameters["decision"] == "DECLINED"


def test_a_request_is_decided_once(cast):
    request = ask(cast)[-1]
    decide(cast, request, grant=False)
    stale = AccessRequest.objects.get(pk=request.pk)
    with pytest.raises(InvalidState):
        decide(cast, stale, grant=True)
    assert not authorization.allows(actor(cast.browser), Operation.READ_REGISTERED_MODEL, cast.model)


def test_who_may_not_grant_may_not_decide_nor_know(cast):
    request = ask(cast)[-1]
    for user in (cast.reader, cast.browser):
        with pytest.raises(PermissionDenied):
            decide(cast, request, by=user, grant=True)
    with pytest.raises(DoesNotExist):
        decide(cast, request, by=cast.stranger, grant=True)
    with pytest.raises(DoesNotExist):
        access_requests.get_access_request(actor=actor(cast.reader), uid=request.uid)
    with pytest.raises(DoesNotExist):
        access_requests.get_access_request(actor=actor(cast.owner), uid=uuid4())
    assert access_requests.get_access_request(actor=actor(cast.browser), uid=request.uid) == request


def test_lists_for_both_sides(cast):
    made = ask(cast)
    assert set(access_requests.list_to_decide(actor=actor(cast.admin))) == set(made)
    assert list(access_requests.list_to_decide(actor=actor(cast.owner))) == [made[-1]]
    assert not access_requests.list_to_decide(actor=actor(cast.reader)).exists()
    assert set(access_requests.list_sent(actor=actor(cast.browser))) == set(made)
    assert not access_requests.list_sent(actor=actor(cast.owner)).exists()


def test_a_request_can_be_withdrawn_by_its_sender_alone(cast):
    request = ask(cast)[-1]
    with pytest.raises(DoesNotExist):
        access_requests.withdraw_access_request(actor=actor(cast.owner), request=request)
    access_requests.withdraw_access_request(actor=actor(cast.browser), request=request)
    assert request.state == "WITHDRAWN"
    ask(cast)  # and may be sent again


def test_the_same_is_not_asked_twice(cast):
    ask(cast)
    with pytest.raises(AlreadyExists):
        ask(cast)
    assert AccessRequest.objects.count() == 3


def test_one_may_ask_for_a_group_or_a_service_principal(cast):
    readers = Group.objects.get(name="readers")
    robot = User.objects.create_user(str(uuid4()), kind=User.Kind.SERVICE_PRINCIPAL)
    (request,) = ask(cast, user=cast.reader, principal=readers, privileges=(Privilege.APPLY_TAG,))
    decide(cast, request, grant=True)
    assert authorization.allows(actor(cast.reader), Operation.SET_TAG, cast.model)
    assert ask(cast, user=cast.reader, principal=robot)[-1].principal == robot


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"privileges": ()}, InvalidParameterValue),
        ({"privileges": (Privilege.CREATE_CATALOG,)}, InvalidParameterValue),
        ({"comment": "x" * 2001}, InvalidParameterValue),
    ],
)
def test_malformed_requests_are_refused(cast, asked, error):
    with pytest.raises(error):
        ask(cast, **asked)


def test_what_one_has_or_may_not_see_is_not_asked_for(cast):
    with pytest.raises(InvalidState, match="already"):
        ask(cast, user=cast.reader)
    with pytest.raises(DoesNotExist):
        ask(cast, user=cast.stranger)
    with pytest.raises(InvalidParameterValue, match="administrators"):
        ask(cast, securable=Metastore.current(), privileges=(Privilege.CREATE_CATALOG,))


def test_an_inbox_counts_what_is_unread(cast):
    ask(cast)
    assert notifications.count_unread(actor=actor(cast.owner)) == 1
    notifications.mark_read(actor=actor(cast.owner))
    assert notifications.count_unread(actor=actor(cast.owner)) == 0
    assert notifications.list_notifications(actor=actor(cast.owner)).count() == 1


def test_notifications_go_out_by_mail_once(cast, settings):
    settings.MAIL_IS_SET_UP, settings.PUBLIC_URL = True, "https://models.example.com/"
    ask(cast)
    assert mailing.send_mail() == 2  # a message each, whatever is in it
    assert mailing.send_mail() == 0
    assert {(m.to[0], m.subject) for m in mail.outbox} >= {("admin@example.com", "2 news from Catalog Explorer")}
    to_owner = next(message for message in mail.outbox if message.to == ["owner@example.com"])
    assert to_owner.subject == "browser@example.com asks for EXECUTE on shop.ml.churn."
    assert "https://models.example.com/inbox" in to_owner.body


def test_without_mail_nothing_is_sent_and_nothing_is_sent_late(cast, settings):
    ask(cast)
    assert mailing.send_mail() == 0
    Notification.objects.update(created_at=timezone.now() - 2 * mailing.STALE)
    settings.MAIL_IS_SET_UP = True
    assert mailing.send_mail() == 0
    assert mail.outbox == []


def test_a_mail_server_that_fails_is_asked_again(cast, settings, monkeypatch, caplog):
    settings.MAIL_IS_SET_UP = True
    ask(cast)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", _refuse)
        assert mailing.send_mail() == 0
    assert "did not take a message" in caplog.text
    assert mailing.send_mail() == 2


def test_one_refused_address_keeps_nobody_elses_mail(cast, settings, monkeypatch):
    settings.MAIL_IS_SET_UP = True
    ask(cast)
    real = EmailMessage.send

    def send(message, **options):
        if message.to == ["admin@example.com"]:
            raise SMTPRecipientsRefused({})
        return real(message, **options)

    monkeypatch.setattr("django.core.mail.EmailMessage.send", send)
    assert mailing.send_mail() == 1
    assert [message.to for message in mail.outbox] == [["owner@example.com"]]
    assert mailing.send_mail() == 0


def test_another_privilege_is_another_request(cast):
    ask(cast)
    (more,) = ask(cast, privileges=(Privilege.EXECUTE, Privilege.MANAGE))
    assert more.privileges == ["MANAGE"]


def _refuse(self, **options):
    raise ConnectionRefusedError("no server")


def test_asking_for_others_tells_nothing_of_what_they_hold(cast):
    """As often as not the answer would be: «has this already»."""
    sales = Group.objects.get(name="everybody-in-sales")
    for principal in (cast.reader, cast.stranger, sales, cast.writer):
        made = ask(cast, principal=principal)
        assert [str(request.securable) for request in made] == ["shop.ml.churn"]


def test_the_sender_goes_on_seeing_the_name_that_was_asked_about(api, as_user, cast):
    request = ask(cast)[-1]
    for model in (CatalogUserGrant, CatalogGroupGrant):
        model.objects.all().delete()
    registered_models.update_registered_model(actor=actor(cast.admin), model=cast.model, new_name="secret")
    asked = api(cast.browser)
    listed = asked.ok("GET", f"{OURS}?role=requester")["access_requests"]
    assert "shop.ml.churn" in [row["full_name"] for row in listed]
    told = [
        str(listed),
        str(asked.ok("GET", f"{OURS}/{request.uid}")),
        asked("PATCH", f"{OURS}/{request.uid}", {"decision": "GRANT"}).content.decode(),
        as_user(cast.browser).get("/inbox").content.decode(),
    ]
    decide(cast, AccessRequest.objects.get(pk=request.pk), by=cast.admin, grant=False)
    told += inbox(cast.browser)
    assert [text for text in told if "secret" in text] == []


def test_nobody_floods_an_inbox_by_asking_and_withdrawing(cast, monkeypatch):
    monkeypatch.setattr(limits, "OPEN_REQUESTS", 9)
    for _ in range(3):
        for request in ask(cast):
            access_requests.withdraw_access_request(actor=actor(cast.browser), request=request)
    assert inbox(cast.owner) == []
    with pytest.raises(InvalidParameterValue, match="that is the limit"):
        ask(cast)


def test_an_open_request_can_be_withdrawn_however_many_came_after_it(as_user, cast, monkeypatch):
    monkeypatch.setattr("explorer.views.inbox.SHOWN", 1)
    made = ask(cast)
    for request in made[1:]:
        access_requests.withdraw_access_request(actor=actor(cast.browser), request=request)
    page = as_user(cast.browser).get("/inbox").content.decode()
    assert str(made[0].uid) in page


def test_somebody_elses_request_is_hidden_and_the_attempt_recorded(api, cast):
    request = ask(cast)[-1]
    for user in (cast.stranger, cast.reader):
        assert api(user).error("PATCH", f"{OURS}/{request.uid}", {"decision": "GRANT"})[0] == 404
    denied = AuditEvent.objects.filter(result="DENIED", action_name="decideAccessRequest")
    assert denied.count() == 2


MODEL = "/explore/data/models/shop/ml/churn"
REQUEST = "/explore/grants/function/shop.ml.churn/request"


def test_what_is_decided_is_no_news_any_more_and_leads_to_its_object(as_user, cast):
    as_user(cast.browser).post(REQUEST, {"privileges": "EXECUTE"})
    told = cast.owner.notifications.get()
    asked = cast.browser.sent_access_requests.get(registered_model=cast.model)
    as_user(cast.owner).post(f"/inbox/requests/{asked.uid}/grant")
    told.refresh_from_db()
    assert told.read_at is not None
    answered = cast.browser.notifications.get()
    assert answered.read_at is None
    assert as_user(cast.browser).post(f"/inbox/{answered.pk}/open")["Location"] == MODEL


def test_the_form_begins_with_what_is_missing(as_user, cast):
    def ticked(address):
        page = as_user(cast.browser).get(address).content.decode()
        return re.findall(r'name="privileges" value="(\w+)"[^>]* checked', page)

    assert ticked(REQUEST) == ["EXECUTE"]
    assert ticked(f"{REQUEST}?privilege=MANAGE") == ["MANAGE"]
    refused = as_user(cast.browser).post(f"{MODEL}/aliases/set", {"alias": "New", "version": "1"}).content.decode()
    assert "MANAGE on Routine or Model" in refused


def test_what_waits_for_an_answer_is_not_asked_for_again(as_user, cast):
    browser = as_user(cast.browser)
    for address in (MODEL, f"{MODEL}?activeTab=permissions", f"{MODEL}/version/1"):
        assert "<span>Request access</span>" in browser.get(address).content.decode()
    browser.post(REQUEST, {"privileges": "EXECUTE"})
    for address in (MODEL, f"{MODEL}?activeTab=permissions", f"{MODEL}/version/1"):
        page = browser.get(address).content.decode()
        assert "<span>Request access</span>" not in page
        assert "You have asked for access" in page
