"""Reading the audit log, for administrators and managers, and the activity of one object, for its readers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from registry import authorization
from registry.actor import Actor
from registry.audit.actions import About, Action, For, actions_about, actions_for
from registry.authorization import Operation
from registry.kinds import kind_of
from registry.models import AuditEvent, Governed, ModelVersion, RegisteredModel

_NAMES_OF_OTHERS = frozenset(
    {"replacement", "source_full_name", "source_version", "source", "target", "note", "entities"}
)
"""Parameters that name objects elsewhere, which managers of this one may be unable to see."""


_BEGINNINGS = (Action.CREATE_MODEL_VERSION, Action.COPY_MODEL_VERSION)
_PARTS = (Action.WRITE_MODEL_VERSION_ARTIFACTS,)
_CREATIONS = (*_BEGINNINGS, Action.CREATE_REGISTERED_MODEL)
_AT_ONCE = 200
"""How close together the events of one request are, however many others intervene: the key finds them, no search."""
_TAGS = (Action.UPDATE_TAG_SECURABLE_ASSIGNMENTS, Action.UPDATE_TAG_SUBENTITY_ASSIGNMENTS)


@dataclass(frozen=True)
class EventFilter:
    """Which events: on ``securable`` or in it, by ``principal``, of one action or result, in a period. Empty is any."""

    securable: Governed | None = None
    principal: str = ""
    action_name: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None


def list_events(*, actor: Actor, filters: EventFilter) -> QuerySet[AuditEvent]:
    """Return the events that ``actor`` may read and that pass ``filters``, the newest first."""
    events = authorization.readable_events(actor, AuditEvent.objects.order_by("-pk"))
    if filters.securable is not None:
        events = events.filter(_on(filters.securable))
    given = {
        "actor": filters.principal.strip().lower(),
        "action_name": filters.action_name,
        "result": filters.result,
        "at__gte": filters.since,
        "at__lt": filters.until,
    }
    return events.filter(**{column: value for column, value in given.items() if value})


def list_activity(
    *, actor: Actor, subject: Governed, about: About | None = None, person: str = "", with_downloads: bool = False
) -> QuerySet[AuditEvent]:
    """Return what happened to ``subject``, the newest first: everything for managers, only changes for readers.

    One line for each thing that people did: what a registration consists of is in ``details_of``, and downloads are
    left out unless they are asked for.

    ``person``: a part of the name of who did it; empty, as no ``about``, is any.
    Users who see a catalog or a schema read what was changed in itself; of a model, users who may read it.
    """
    events: QuerySet[AuditEvent] = AuditEvent.objects.order_by("-pk").filter(_on(subject))
    if about is not None:
        events = events.filter(action_name__in=actions_about(about))
    elif not with_downloads:
        events = events.exclude(action_name__in=actions_about(About.DOWNLOADS), result=AuditEvent.Result.SUCCESS)
    events = _without_parts(events)
    if person:
        events = events.filter(actor__contains=person.lower())
    if authorization.allows(actor, Operation.READ_AUDIT_LOG, subject):
        return events
    if isinstance(subject, (RegisteredModel, ModelVersion)):
        if not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, subject):
            return events.none()
    else:
        events = events.filter(securable_uid=subject.uid)
    return events.filter(result=AuditEvent.Result.SUCCESS, action_name__in=actions_for(For.READERS))


def details_of(*, actor: Actor, subject: Governed, events: Sequence[AuditEvent]) -> dict[UUID | None, list[AuditEvent]]:
    """Return what the registrations among ``events`` consisted of, by the version's uid, in order (one query)."""
    ended = [event.securable_uid for event in events if event.action_name == Action.FINALIZE_MODEL_VERSION]
    parts = AuditEvent.objects.filter(_on(subject), securable_uid__in=ended, result=AuditEvent.Result.SUCCESS)
    parts = parts.filter(action_name__in=[*_BEGINNINGS, *_PARTS]).order_by("pk")
    if not authorization.allows(actor, Operation.READ_AUDIT_LOG, subject):
        parts = parts.filter(action_name__in=actions_for(For.READERS))
    by_version: dict[UUID | None, list[AuditEvent]] = {}
    for event in parts if ended else ():
        by_version.setdefault(event.securable_uid, []).append(event)
    return by_version


def _without_parts(events: QuerySet[AuditEvent]) -> QuerySet[AuditEvent]:
    """Leave out what is part of something else that is shown: the beginning and the files of a registration that has
    ended, the tags that something was created with, the grants of a request that was decided."""
    others = AuditEvent.objects.order_by().filter(result=AuditEvent.Result.SUCCESS)
    same = others.filter(securable_uid=OuterRef("securable_uid"))
    at_once = same.filter(request_id=OuterRef("request_id")).exclude(request_id="")
    ended = same.filter(action_name__in=[Action.FINALIZE_MODEL_VERSION, Action.FAIL_MODEL_VERSION])
    created = at_once.filter(action_name__in=_CREATIONS)
    beside = others.filter(pk__gt=OuterRef("pk") - _AT_ONCE, pk__lt=OuterRef("pk") + _AT_ONCE)
    decided = beside.filter(request_id=OuterRef("request_id"), action_name=Action.DECIDE_ACCESS_REQUEST)
    decided = decided.exclude(request_id="")
    return (
        events.exclude(action_name__in=_PARTS)
        .exclude(Q(action_name__in=_BEGINNINGS) & Exists(ended))
        .exclude(Q(action_name__in=_TAGS) & Exists(created))
        .exclude(Q(action_name=Action.UPDATE_PERMISSIONS) & Exists(decided))
    )


def told_parameters(*, actor: Actor, event: AuditEvent) -> dict[str, Any]:
    """Return as much of the parameters of ``event`` as users who may read it may see."""
    if authorization.is_administrator(actor):
        return dict(event.parameters)
    return {key: value for key, value in event.parameters.items() if key not in _NAMES_OF_OTHERS}


def _on(subject: Governed) -> Q:
    return Q(**{kind_of(subject).event_column: subject.uid})
