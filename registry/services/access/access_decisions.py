"""Answers to requests for access: its owner and managers grant or decline, and its sender takes it back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import Scope
from registry import audit, authorization
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidState
from registry.models import AccessRequest, Securable, locks
from registry.privileges import Privilege
from registry.services.access import grants
from registry.services.access.access_requests import (
    approvers_of,
    end_of,
    missing_usage,
    require_days,
    require_short,
)
from registry.services.access.grants import GrantChange
from registry.services.activity import notifications

State = AccessRequest.State
Step = tuple[Securable, tuple[Privilege, ...]]
"""What is to be granted on an object."""


def list_to_grant(*, actor: Actor, request: AccessRequest) -> list[Step]:
    """Return all that ``request`` needs, from the inside out: what is asked for, and the USE that is missing.

    Only for users who decide: it reveals what the principal holds.
    """
    authorization.require(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
    return _needed(request, end_of(request.days))


def _needed(request: AccessRequest, until: datetime | None) -> list[Step]:
    usage = missing_usage(request.principal, request.securable, until)
    asked = tuple(Privilege(name) for name in request.privileges)
    return [(request.securable, asked), *((level, (use,)) for level, use in reversed(usage))]


def decide_access_request(
    *, actor: Actor, request: AccessRequest, grant: bool, reply: str = "", days: int | None = None
) -> str:
    """Grant what is asked for, or decline it; the requester is notified. It is decided once.

    What is granted counts for ``days``, or for good. Where USE of a container is missing that ``actor`` cannot grant,
    it approves, and the request waits for those who can grant all of it: a sentence that says so is returned.
    """
    if not authorization.is_visible(actor, request.securable):
        authorization.note_denial(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
        raise DoesNotExist("There is no such request for access.")
    authorization.require(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
    require_short(reply)
    require_days(days)
    with transaction.atomic():
        locks.share_principals()
        for level in reversed(grants.with_containers(request.securable)):
            locks.hold(level)  # from the outside in, as grants do, and before the request, which goes with its object
        left = _grant(actor, request, days) if grant else []
        if left:
            _approve(actor, request, left, days)
        else:
            _leave_open(request, State.GRANTED if grant else State.DECLINED, by=actor.name, reply=reply)
            audit.access_decided(actor, request, request.state)
            notifications.mark_answered(request)
            notifications.notify([request.requester], _message(request), about=request)
    authorization.forget(actor)
    return _left(left) if left else ""


def _grant(actor: Actor, request: AccessRequest, days: int | None) -> list[Step]:
    """Grant what ``request`` needs, or return the part that ``actor`` cannot grant: then nothing is granted."""
    ends_at = end_of(days)
    needed = _needed(request, ends_at)
    left = [step for step in needed if not authorization.allows(actor, Operation.MANAGE_GRANTS, step[0])]
    if left and request.approved_by:
        raise InvalidState(f"{request.approved_by} has approved this request. {_left(left)}")
    if not left:
        asked_for = replace(actor, on_behalf_of=request.requester.user_name)
        steps = [(securable, GrantChange(request.principal, add=add, ends_at=ends_at)) for securable, add in needed]
        grants.update_several(actor=asked_for, changes=steps)
    return left


def _approve(actor: Actor, request: AccessRequest, left: list[Step], days: int | None) -> None:
    """Keep the request open for those who can grant all of it, and notify them."""
    approval = {"approved_by": actor.name, "days": days}
    if AccessRequest.objects.filter(pk=request.pk, state=State.OPEN).update(**approval) != 1:
        raise InvalidState("This request has been answered or withdrawn already.")
    request.approved_by, request.days = actor.name, days
    audit.access_decided(actor, request, "APPROVED")
    notifications.mark_answered(request)
    outermost, _ = left[-1]
    notifications.notify(
        approvers_of(outermost), f"{request}. {actor.name} has approved it. {_left(left)}", about=request
    )


def _left(left: list[Step]) -> str:
    """What is left to grant, and who can."""
    needed = " and ".join(f"{use.words} on {level.full_name}" for level, (use, *_) in left)
    people = ", ".join(str(person) for person in approvers_of(left[-1][0])[:3])
    return f"It still needs {needed}, which {people or 'an administrator'} can grant."


def withdraw_access_request(*, actor: Actor, request: AccessRequest) -> None:
    """Take back one's own request."""
    authorization.require_scope(actor, Scope.REGISTRY, Action.REQUEST_ACCESS)
    if request.requester != actor.principal:
        authorization.note_denial(actor, Operation.DECIDE_ACCESS_REQUEST, request.securable)
        raise DoesNotExist("There is no such request for access.")
    with transaction.atomic():
        locks.share_principals()
        locks.hold(request.securable)  # before the request, which goes with it
        _leave_open(request, State.WITHDRAWN, by=actor.name, reply="")
        request.notifications.filter(read_at=None).delete()
        audit.access_withdrawn(actor, request)


def _leave_open(request: AccessRequest, state: AccessRequest.State, *, by: str, reply: str) -> None:
    values = {"state": state, "decided_by": by, "decided_at": timezone.now(), "reply": reply.strip()}
    if AccessRequest.objects.filter(pk=request.pk, state=State.OPEN).update(**values) != 1:
        raise InvalidState("This request has been answered or withdrawn already.")
    for name, value in values.items():
        setattr(request, name, value)


def _message(request: AccessRequest) -> str:
    words = f"{request.decided_by} has {request.state.lower()} {request.words} on {request.asked_name}"
    return f"{words}: {request.reply}" if request.reply else f"{words}."
