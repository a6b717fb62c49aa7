"""The audit log, read: by users who administrate or manage; and the activity of one object, for its readers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Q, QuerySet

from registry import authorization
from registry.actor import Actor
from registry.audit.actions import About, For, actions_about, actions_for
from registry.authorization import Operation
from registry.kinds import kind_of
from registry.models import AuditEvent, Governed, ModelVersion, RegisteredModel

_NAMES_OF_OTHERS = frozenset({"source_full_name", "source_version", "source", "target", "note", "entities"})
"""Parameters that name objects elsewhere, of which managers of this one may not know."""


@dataclass(frozen=True)
class EventFilter:
    """Which events: on ``securable`` or in it, by ``principal``, of one action or result, in a time. Empty is any."""

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
    *, actor: Actor, subject: Governed, about: About | None = None, person: str = ""
) -> QuerySet[AuditEvent]:
    """Return what happened to ``subject``, the newest first: everything for managers, changes alone for readers.

    ``person``: a part of the name of who did it; empty, as no ``about``, is any.
    Users who see a catalog or a schema read what was changed in itself; of a model, users who may read it.
    """
    events = AuditEvent.objects.order_by("-pk").filter(_on(subject))
    if about is not None:
        events = events.filter(action_name__in=actions_about(about))
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


def told_parameters(*, actor: Actor, event: AuditEvent) -> dict[str, Any]:
    """Return as much of the parameters of ``event`` as users who may read it may see."""
    if authorization.is_administrator(actor):
        return dict(event.parameters)
    return {key: value for key, value in event.parameters.items() if key not in _NAMES_OF_OTHERS}


def _on(subject: Governed) -> Q:
    return Q(**{kind_of(subject).event_column: subject.uid})
