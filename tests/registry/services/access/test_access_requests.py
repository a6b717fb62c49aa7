"""Asking for access, and the answer."""

import re
from datetime import timedelta
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
from registry.services.access import access_decisions, access_requests, grants
from registry.services.activity import notifications
from registry.services.hierarchy import registered_models
from tests.cast import actor, grant

OURS = "/api/2.1/catalog-explorer/access-requests"


def ask(cast, user=None, securable=None, privileges=(Privilege.EXECUTE,), **asked):
    return access_requests.request_access(
        actor=actor(user or cast.browser), securable=securable or cast.model, privileges=privileges, **asked
    )


def decide(cast, request, *, by=None, **decision):
    access_decisions.decide_access_request(actor=actor(by or cast.owner), request=request, **decision)


def ask_on_each_level(cast):
    """The owner of the model is asked once, and the administrators, who manage its containers, twice."""
    ask(cast)
    ask(cast, securable=cast.schema, privileges=(Privilege.USE_SCHEMA,))
    ask(cast, securable=cast.catalog, privileges=(Privilege.USE_CATALOG,))


def inbox(user):
    return list(Notification.objects.filter(recipient=user).order_by("pk").values_list("text", flat=True))


def test_a_request_reaches_the_owner_and_those_who_manage(cast):
    grant(cast.writer, cast.model, "MANAGE")
    request = ask(cast, comment="for the report")
    assert (request.state, request.words, request.comment) == ("OPEN", "EXECUTE", "for the report")
    assert inbox(cast.owner) == inbox(cast.writer) == ["browser@example.com asks for EXECUTE on shop.ml.churn."]
    assert not any("shop.ml.churn" in text for text in inbox(cast.admin))  # there is somebody nearer
    event = AuditEvent.objects.filter(action_name="requestAccess").first()
    assert (event.actor, event.securable_uid) == ("browser@example.com", cast.model.uid)


@pytest.fixture
def containers_are_the_owners(cast):
    """The owner of the model manages what contains it."""
    grant(cast.owner, cast.catalog, "USE_CATALOG", "MANAGE")
    return cast


def test_one_decision_grants_all_that_is_needed(cast, containers_are_the_owners):
    request = ask(cast)
    decide(cast, request, grant=True)
    assert request.state == "GRANTED"
    assert authorization.allows(actor(cast.browser), Operation.READ_ARTIFACTS, cast.model)
    events = AuditEvent.objects.filter(action_name="updatePermissions", on_behalf_of="browser@example.com")
    assert sorted(event.parameters["securable_full_name"] for event in events) == ["shop", "shop.ml", "shop.ml.churn"]
    assert inbox(cast.browser) == ["owner@example.com has granted EXECUTE on shop.ml.churn."]


def test_what_one_cannot_grant_waits_for_those_who_can(cast):
    """Nobody but administrators grants on the containers: the model's owner approves, and they complete it."""
    request = ask(cast)
    assert len(inbox(cast.owner)) == 1
    left = access_decisions.decide_access_request(actor=actor(cast.owner), request=request, grant=True)
    needs = "It still needs USE SCHEMA on shop.ml and USE CATALOG on shop, which admin@example.com can grant."
    assert (left, request.state, request.approved_by) == (needs, "OPEN", "owner@example.com")
    assert not cast.model.user_grants.filter(user=cast.browser).exists()  # all of it at once, or nothing
    assert inbox(cast.browser) == []  # told once, when it can be used
    assert needs in inbox(cast.admin)[-1]
    assert not access_requests.list_to_decide(actor=actor(cast.owner)).exists()
    with pytest.raises(InvalidState, match="has approved"):
        decide(cast, request, grant=True)
    assert list(access_requests.list_to_decide(actor=actor(cast.admin))) == [request]
    decide(cast, request, by=cast.admin, grant=True)
    assert request.state == "GRANTED"
    assert authorization.allows(actor(cast.browser), Operation.READ_ARTIFACTS, cast.model)
    assert inbox(cast.browser) == ["admin@example.com has granted EXECUTE on shop.ml.churn."]
    decisions = AuditEvent.objects.filter(action_name="decideAccessRequest").order_by("pk")
    assert [event.parameters["decision"] for event in decisions] == ["APPROVED", "GRANTED"]


def test_what_was_granted_otherwise_meanwhile_is_not_missing_any_more(cast):
    request = ask(cast)
    grant(cast.browser, cast.catalog, "USE_CATALOG", "USE_SCHEMA")
    decide(cast, request, grant=True)
    assert (request.state, authorization.allows(actor(cast.browser), Operation.READ_ARTIFACTS, cast.model)) == (
        "GRANTED", True,
    )  # fmt: skip


def test_a_request_may_ask_for_days_and_whoever_decides_may_choose_others(cast, containers_are_the_owners):
    request = ask(cast, days=7)
    assert str(request) == "browser@example.com asks for EXECUTE on shop.ml.churn for 7 days"
    decide(cast, request, grant=True, days=30)
    ends = [
        *cast.model.user_grants.filter(user=cast.browser).values_list("ends_at", flat=True),
        *cast.schema.user_grants.filter(user=cast.browser).values_list("ends_at", flat=True),
    ]
    assert len(ends) == 2
    for end in ends:
        assert abs(end - timezone.now() - timedelta(days=30)) < timedelta(minutes=5)
    for days in (0, -1, 367, 10**9):
        with pytest.raises(InvalidParameterValue, match="days"):
            ask(cast, privileges=(Privilege.MANAGE,), days=days)


def test_declining_tells_why_and_grants_nothing(cast):
    request = ask(cast)
    decide(cast, request, grant=False, reply="Use the copy in dev.")
    assert inbox(cast.browser) == ["owner@example.com has declined EXECUTE on shop.ml.churn: Use the copy in dev."]
    assert not authorization.allows(actor(cast.browser), Operation.READ_REGISTERED_MODEL, cast.model)
    assert AuditEvent.objects.get(action_name="decideAccessRequest").parameters["decision"] == "DECLINED"


def test_a_request_is_decided_once(cast):
    request = ask(cast)
    decide(cast, request, grant=False)
    stale = AccessRequest.objects.get(pk=request.pk)
    with pytest.raises(InvalidState):
        decide(cast, stale, grant=True)
    assert not authorization.allows(actor(cast.browser), Operation.READ_REGISTERED_MODEL, cast.model)


def test_who_may_not_grant_may_not_decide_nor_know(cast):
    request = ask(cast)
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
    for user in (cast.admin, cast.owner):
        assert list(access_requests.list_to_decide(actor=actor(user))) == [made]
    assert not access_requests.list_to_decide(actor=actor(cast.reader)).exists()
    assert list(access_requests.list_sent(actor=actor(cast.browser))) == [made]
    assert not access_requests.list_sent(actor=actor(cast.owner)).exists()


def test_a_request_can_be_withdrawn_by_its_sender_alone(cast):
    request = ask(cast)
    with pytest.raises(DoesNotExist):
        access_decisions.withdraw_access_request(actor=actor(cast.owner), request=request)
    access_decisions.withdraw_access_request(actor=actor(cast.browser), request=request)
    assert request.state == "WITHDRAWN"
    ask(cast)  # and may be sent again


def test_the_same_is_not_asked_twice(cast):
    ask(cast)
    with pytest.raises(AlreadyExists):
        ask(cast)
    assert AccessRequest.objects.count() == 1


def test_one_may_ask_for_a_group_or_a_service_principal(cast):
    readers = Group.objects.get(name="readers")
    robot = User.objects.create_user(str(uuid4()), kind=User.Kind.SERVICE_PRINCIPAL)
    request = ask(cast, user=cast.reader, principal=readers, privileges=(Privilege.APPLY_TAG,))
    decide(cast, request, grant=True)
    assert authorization.allows(actor(cast.reader), Operation.SET_TAG, cast.model)
    assert ask(cast, user=cast.reader, principal=robot).principal == robot


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
    ask_on_each_level(cast)
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
    ask_on_each_level(cast)
    with monkeypatch.context() as broken:
        broken.setattr("django.core.mail.EmailMessage.send", _refuse)
        assert mailing.send_mail() == 0
    assert "did not take a message" in caplog.text
    assert mailing.send_mail() == 2


def test_one_refused_address_keeps_nobody_elses_mail(cast, settings, monkeypatch):
    settings.MAIL_IS_SET_UP = True
    ask_on_each_level(cast)
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
    more = ask(cast, privileges=(Privilege.EXECUTE, Privilege.MANAGE))
    assert more.privileges == ["MANAGE"]


def _refuse(self, **options):
    raise ConnectionRefusedError("no server")


def test_asking_for_others_tells_nothing_of_what_they_hold(cast):
    """As often as not the answer would be: «has this already»."""
    sales = Group.objects.get(name="everybody-in-sales")
    for principal in (cast.reader, cast.stranger, sales, cast.writer):
        assert ask(cast, principal=principal).privileges == ["EXECUTE"]


def test_the_sender_goes_on_seeing_the_name_that_was_asked_about(api, as_user, cast):
    request = ask(cast)
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
    for _ in range(9):
        access_decisions.withdraw_access_request(actor=actor(cast.browser), request=ask(cast))
    assert inbox(cast.owner) == []
    with pytest.raises(InvalidParameterValue, match="that is the limit"):
        ask(cast)


def test_an_open_request_can_be_withdrawn_however_many_came_after_it(as_user, cast, monkeypatch):
    monkeypatch.setattr("explorer.views.inbox.SHOWN", 1)
    made = ask(cast)
    for privilege in (Privilege.MANAGE, Privilege.APPLY_TAG):
        later = ask(cast, privileges=(privilege,))
        access_decisions.withdraw_access_request(actor=actor(cast.browser), request=later)
    page = as_user(cast.browser).get("/inbox").content.decode()
    assert str(made.uid) in page


def test_somebody_elses_request_is_hidden_and_the_attempt_recorded(api, cast):
    request = ask(cast)
    for user in (cast.stranger, cast.reader):
        assert api(user).error("PATCH", f"{OURS}/{request.uid}", {"decision": "GRANT"})[0] == 404
    denied = AuditEvent.objects.filter(result="DENIED", action_name="decideAccessRequest")
    assert denied.count() == 2


MODEL = "/explore/data/models/shop/ml/churn"
REQUEST = "/explore/grants/function/shop.ml.churn/request"


def test_what_is_decided_is_no_news_any_more_and_leads_to_its_object(as_user, cast, containers_are_the_owners):
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
        assert "You asked for access" in page


def test_the_dialog_of_a_decision_names_all_that_is_granted(as_user, cast):
    as_user(cast.browser).post(REQUEST, {"preset": "READ_ARTIFACTS", "days": "7"})
    asked = cast.browser.sent_access_requests.get()
    assert (asked.privileges, asked.days) == (["EXECUTE"], 7)
    address = f"/inbox/requests/{asked.uid}/grant"
    dialog = as_user(cast.admin).get(address).content.decode()
    assert "EXECUTE on shop.ml.churn, USE SCHEMA on shop.ml and USE CATALOG on shop" in dialog
    assert '<option value="7" selected>' in dialog
    assert as_user(cast.browser).get(address).status_code == 403  # who holds what is no news for its sender
    as_user(cast.admin).post(address, {"days": ""})
    asked.refresh_from_db()
    assert asked.state == "GRANTED"
    assert as_user(cast.browser).get(f"{MODEL}/version/1").status_code == 200
    assert cast.model.user_grants.get(user=cast.browser).ends_at is None


def test_members_of_a_group_are_shown_where_it_has_access(as_user, cast):
    members = "/explore/grants/function/shop.ml.churn/members"
    tab = as_user(cast.owner).get(f"{MODEL}?activeTab=permissions").content.decode()
    sales = Group.objects.get(name="everybody-in-sales")
    assert f'hx-get="{members}/{sales.pk}"' in tab
    assert "reader@example.com" in as_user(cast.owner).get(f"{members}/{sales.pk}").content.decode()
    other = Group.objects.create(name="other")
    assert as_user(cast.owner).get(f"{members}/{other.pk}").status_code == 404
    assert members not in as_user(cast.reader).get(f"{MODEL}?activeTab=permissions").content.decode()


def test_what_somebody_has_approved_and_somebody_else_declines_leaves_nothing(cast):
    request = ask(cast)
    decide(cast, request, grant=True, days=1)
    assert request.days == 1  # what the next one is offered
    decide(cast, request, by=cast.admin, grant=False)
    assert request.state == "DECLINED"
    assert not cast.model.user_grants.filter(user=cast.browser).exists()


def test_any_number_of_days_is_offered_as_it_was_asked(as_user, cast):
    request = ask(cast, days=14)
    dialog = as_user(cast.admin).get(f"/inbox/requests/{request.uid}/grant").content.decode()
    assert '<option value="14" selected>14 days</option>' in dialog


def test_access_for_good_brings_use_for_good(cast, containers_are_the_owners):
    tomorrow = timezone.now() + timedelta(days=1)
    use = grants.GrantChange(cast.browser, add=(Privilege.USE_SCHEMA,), ends_at=tomorrow)
    grants.update_grants(actor=actor(cast.admin), securable=cast.schema, changes=[use])
    use = grants.GrantChange(cast.browser, add=(Privilege.USE_CATALOG,), ends_at=tomorrow)
    grants.update_grants(actor=actor(cast.admin), securable=cast.catalog, changes=[use])
    decide(cast, ask(cast), grant=True)
    for securable in (cast.catalog, cast.schema, cast.model):
        ends = securable.user_grants.filter(user=cast.browser).exclude(permission__codename="browse")
        assert set(ends.values_list("ends_at", flat=True)) == {None}


def test_what_ends_soon_can_be_asked_for_again(cast, containers_are_the_owners):
    decide(cast, ask(cast), grant=True, days=2)
    with pytest.raises(InvalidState, match="already"):
        ask(cast, days=1)
    decide(cast, ask(cast, days=30), grant=True, days=30)
    end = cast.model.user_grants.get(user=cast.browser).ends_at
    assert end > timezone.now() + timedelta(days=29)
