"""Writing events. What each event says: see ``registry.audit``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from registry.actor import Actor
from registry.audit.actions import Action
from registry.denials import Denial
from registry.exceptions import InvalidParameterValue
from registry.kinds import REFERRED_KINDS, kind_of, kind_of_type, levels_of, named
from registry.models import AuditEvent, Governed, Metastore, ModelVersion, Securable


def subject_of(denial: Denial) -> Securable | None:
    """Return the securable that ``denial`` names, if there is one."""
    if denial.securable_type is None:
        return None
    kind = kind_of_type(denial.securable_type)
    if not kind.depth:
        return Metastore.current() if denial.full_name == Metastore.current().full_name else None
    try:
        securable: Securable | None = named(kind, kind.parse(denial.full_name)).first()
    except InvalidParameterValue:  # nothing can be called that
        return None
    return securable


def record(actor: Actor, action_name: Action, subject: Governed | None, **parameters: Any) -> None:
    if isinstance(subject, ModelVersion):
        model = subject.registered_model
        parameters = {"full_name_arg": model.full_name, "version_arg": str(subject.version), **parameters}
    write(actor, action_name, subject, parameters)


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return those of ``fields`` that a request says something about."""
    return {name: value for name, value in fields.items() if value is not None}


def write(
    actor: Actor,
    action_name: str,
    subject: Governed | None,
    parameters: dict[str, Any],
    **outcome: str,
) -> None:
    event = AuditEvent(
        action_name=str(action_name),
        actor=actor.name,
        on_behalf_of=actor.on_behalf_of,
        source_address=actor.address[:64],
        user_agent=actor.user_agent[:512],
        request_id=actor.request_id,
        securable_type=kind_of(subject).wire_type if subject is not None else "",
        securable_uid=subject.uid if subject else None,
        securable_name=str(subject or ""),
        parameters=parameters,
        **_places(subject),
        **outcome,
    )
    event.sign().save(force_insert=True)


def _places(subject: Governed | None) -> dict[str, UUID | None]:
    """Where ``subject`` is: the uids of the containers, and of the model, that it is or is in."""
    places: dict[str, UUID | None] = {kind.event_column: None for kind in REFERRED_KINDS}
    levels = levels_of(subject) if subject is not None else []
    return places | {kind_of(row).event_column: row.uid for row in levels if kind_of(row).event_column in places}
