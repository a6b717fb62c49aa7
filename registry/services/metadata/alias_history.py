"""Where aliases pointed at some time: read from the events of their changes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from registry import authorization, names
from registry.actor import Actor
from registry.audit.actions import About, Action, actions_about
from registry.authorization import Operation
from registry.exceptions import DoesNotExist
from registry.models import AuditEvent, ModelVersion, RegisteredModel
from registry.services.hierarchy import model_versions


@dataclass(frozen=True)
class AliasThen:
    """An alias as it was: its spelling, the number of its version, since when, and who set it."""

    name: str
    version: int
    since: datetime
    set_by: str


def list_aliases_at(*, actor: Actor, model: RegisteredModel, at: datetime) -> list[AliasThen]:
    """Return the aliases that ``model`` had at a time, by name, whatever happened to their versions."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    then: dict[str, AliasThen] = {}
    for alias, event in _changes(model, at):
        folded = names.folded(alias.name)
        then.pop(folded, None)
        if event.action_name == Action.SET_REGISTERED_MODEL_ALIAS:
            then[folded] = alias
    return sorted(then.values(), key=lambda alias: names.folded(alias.name))


def get_model_version_by_alias_at(*, actor: Actor, model: RegisteredModel, alias: str, at: datetime) -> ModelVersion:
    """Return the version to which ``alias`` pointed at a time; if it has been deleted since, DoesNotExist names it."""
    folded = names.folded(alias)
    entry = next((a for a in list_aliases_at(actor=actor, model=model, at=at) if names.folded(a.name) == folded), None)
    when = f"{at:%Y-%m-%d %H:%M:%S %Z}"
    if entry is None:
        raise DoesNotExist(f"Routine or Model '{model.full_name}' had no alias '{alias}' at {when}.")
    try:
        return model_versions.get_model_version(actor=actor, model=model, version=entry.version)
    except DoesNotExist as error:
        raise DoesNotExist(
            f"Alias '{alias}' of Routine or Model '{model.full_name}' was version {entry.version} at {when}, which has "
            "been deleted since."
        ) from error


def _changes(model: RegisteredModel, at: datetime) -> Iterator[tuple[AliasThen, AuditEvent]]:
    """The changes of a model's aliases until ``at``, in their order. (A lock of the model's row gave them one.)"""
    events = AuditEvent.objects.filter(
        securable_uid=model.uid,
        action_name__in=actions_about(About.ALIASES),
        result=AuditEvent.Result.SUCCESS,
        at__lte=at,
    )
    for event in events.order_by("pk").iterator():
        parameters = event.parameters
        yield AliasThen(parameters["alias_arg"], parameters["version_num"], event.at, event.actor), event
