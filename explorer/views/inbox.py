"""The inbox: requests for access to decide, those that the reader has sent, and notifications."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.text import get_text_list
from django.views.decorators.http import require_POST

from explorer import forms, grant_forms, undo
from explorer.actors import actor_of
from explorer.addresses import called, page_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.discussions import comment_address
from explorer.views.paging import paginate
from registry.models import AccessRequest, DiscussionComment
from registry.services.access import access_decisions, access_requests
from registry.services.activity import notifications

SHOWN = 50
"""Requests of each list that are shown; of the reader's own, all that are open."""


def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    to_decide, sent = access_requests.list_to_decide(actor=actor), access_requests.list_sent(actor=actor)
    still_open = Q(state=AccessRequest.State.OPEN)
    page = paginate(request, notifications.list_notifications(actor=actor))
    readable = notifications.list_readable(actor=actor, lines=list(page))
    context = {
        "to_decide": to_decide[:SHOWN],
        "waiting": to_decide.count(),
        "sent": [*sent.filter(still_open), *sent.exclude(still_open)[:SHOWN]],
        "page": page,
        "lines": [(line, line.words if line.pk in readable else line.text) for line in page],
    }
    return render(request, "explorer/inbox/index.html", context)


@require_POST
def mark_read(request: HttpRequest) -> HttpResponse:
    notifications.mark_read(actor=actor_of(request))
    return redirect("inbox")


@require_POST
def open_notification(request: HttpRequest, key: int) -> HttpResponse:
    """Go to what a line is about; it has been read then."""
    subject = notifications.open_notification(actor=actor_of(request), key=key)
    if isinstance(subject, DiscussionComment):
        return redirect(comment_address(subject))
    return redirect(page_of(subject) if subject else reverse("inbox"))


def grant(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Give what is asked for, with what it needs: the dialog says all of it."""
    actor = actor_of(request)
    access_request = access_requests.get_access_request(actor=actor, uid=uid)
    needed = access_decisions.list_to_grant(actor=actor, request=access_request)
    steps = [f"{', '.join(use.words for use in uses)} on {securable.full_name}" for securable, uses in needed]
    lead = f"{called(access_request.principal)} gets {get_text_list(steps, 'and')}."
    dialog = Dialog("Grant access", "Grant", reverse("inbox"), lead)

    def perform(fields: Fields) -> None:
        left = access_decisions.decide_access_request(
            actor=actor, request=access_request, grant=True, days=fields["days"]
        )
        undo.tell(request.session, f"Approved. {left}" if left else f"{lead[:-1]} now.")

    form = grant_forms.DecideAccess(submitted(request), asked=access_request.days)
    return answer(request, dialog, form, perform)


def decline(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    access_request = access_requests.get_access_request(actor=actor, uid=uid)
    dialog = Dialog("Decline the request", "Decline", reverse("inbox"), f"{access_request}.", danger=True)

    def perform(fields: Fields) -> None:
        access_decisions.decide_access_request(actor=actor, request=access_request, grant=False, reply=fields["reply"])

    return answer(request, dialog, forms.Reply(submitted(request)), perform)


@require_POST
def withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    access_request = access_requests.get_access_request(actor=actor, uid=uid)
    access_decisions.withdraw_access_request(actor=actor, request=access_request)
    return redirect("inbox")
