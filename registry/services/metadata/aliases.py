"""Aliases: movable names for versions."""

from __future__ import annotations

from dataclasses import astuple

from django.db import transaction

from accounts.compiled_queries import CompiledQuery
from registry import audit, authorization, limits, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState
from registry.models import Alias, ModelVersion, RegisteredModel, locks
from registry.names import FullName, VersionName
from registry.services.hierarchy import model_versions
from registry.services.hierarchy.latest import latest_of
from registry.services.shared import finders


def find_model_version(*, actor: Actor, name: VersionName) -> ModelVersion:
    """Return the version that ``name`` names, if ``actor`` may read it."""
    if name.is_latest:
        return _get_latest(finders.read_registered_model(actor=actor, full_name=name.full_name))
    if name.version is None:
        return get_model_version_by_alias(actor=actor, full_name=name.full_name, alias=name.alias)
    return model_versions.read_model_version(actor=actor, full_name=name.full_name, version=name.version)


def _get_latest(model: RegisteredModel) -> ModelVersion:
    latest = latest_of(model.versions.all())
    if latest is None:
        raise DoesNotExist(f"Routine or Model '{model}' has no version that is READY.")
    latest.registered_model = model
    return latest


def set_registered_model_alias(
    *, actor: Actor, model: RegisteredModel, alias: str, version: int, expected: int | None = None
) -> Alias:
    """Point ``alias`` at a version, moving it if it points at another. The spelling of the last setting is shown.

    ``expected``: the version at which the caller believes it to point (0: there is none); InvalidState otherwise.
    """
    authorization.require(actor, Operation.SET_ALIAS, model)
    name = names.alias_name(alias)
    with transaction.atomic():
        target = locks.hold(model_versions.get_model_version(actor=actor, model=model, version=version))
        locks.hold(model)
        previous = find_alias(model=model, alias=name)
        _require_expected(previous, expected)
        if previous is None and model.aliases.count() >= limits.ALIASES_PER_MODEL:
            raise InvalidParameterValue(f"{model} has {limits.ALIASES_PER_MODEL} aliases already, which is the limit.")
        row, _ = model.aliases.update_or_create(
            folded=names.folded(name), defaults={"name": name, "model_version": target}
        )
        audit.alias_set(actor, model, name, version, previous.model_version.version if previous else None)
    return row


def delete_registered_model_alias(
    *, actor: Actor, model: RegisteredModel, alias: str, expected: int | None = None
) -> None:
    """Remove an alias. As with MLflow's own server, one that is not there is no error (and no event).

    ``expected``: as in ``set_registered_model_alias``.
    """
    authorization.require(actor, Operation.SET_ALIAS, model)
    with transaction.atomic():
        locks.hold(model)  # events come in the order of changes
        row = find_alias(model=model, alias=alias)
        _require_expected(row, expected)
        if row is not None:
            row.delete()
            audit.alias_deleted(actor, model, row.name, row.model_version.version)


def _require_expected(row: Alias | None, expected: int | None) -> None:
    if expected is not None and expected != (row.model_version.version if row is not None else 0):
        raise InvalidState("Someone has set, moved or removed this alias in the meantime.")


def find_alias(*, model: RegisteredModel, alias: str) -> Alias | None:
    """Return the alias as it is spelled, with its version, for callers that have the model; None if there is none."""
    return model.aliases.select_related("model_version").filter(folded=names.folded(alias)).first()


def list_with_versions(*, model: RegisteredModel) -> list[Alias]:
    """Return the aliases with their versions, each of which has ``model`` at hand (one query), for callers that have
    the model."""
    rows = list(model.aliases.select_related("model_version"))
    for row in rows:
        row.model_version.registered_model = model
    return rows


def get_model_version_by_alias(*, actor: Actor, full_name: FullName, alias: str) -> ModelVersion:
    """Return the version to which ``alias`` points, if ``actor`` may read the model. (Serving asks it often.)"""
    version = model_versions.prepared(_BY_ALIAS, names.folded(alias), *astuple(full_name))
    if not model_versions.may_read(actor, version) or version is None:
        finders.read_registered_model(actor=actor, full_name=full_name)
        raise DoesNotExist(f"Alias '{alias}' of Routine or Model '{full_name}' does not exist.")
    return version


_BY_ALIAS = CompiledQuery(
    lambda: model_versions.of_named_model(ModelVersion.objects.filter(aliases__folded="alias")),
    "alias",
    *astuple(model_versions.NAME),
)
