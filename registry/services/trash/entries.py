"""What is in the trash: listed, restored, deleted forever."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, transaction
from django.db.models import F, Model, QuerySet
from django.utils import timezone

from accounts.models import Scope, User
from registry import audit, authorization, names
from registry.actor import Actor
from registry.audit import trash
from registry.authorization import Operation
from registry.denials import Attempt
from registry.exceptions import InvalidParameterValue, InvalidState
from registry.models import (
    Alias,
    Catalog,
    Metastore,
    ModelVersion,
    RegisteredModel,
    Schema,
    TrashEntry,
    locks,
)
from registry.models.filing import computed_name
from registry.services.artifacts import removal
from registry.services.shared import counters, naming, quotas
from registry.services.trash.keeping import KINDS
from registry.services.trash.rows import AT_ONCE, Restoring

logger = logging.getLogger(__name__)

_MODELS = {kind: model for model, kind in KINDS.items()}


@dataclass(frozen=True)
class Restored:
    """What is back, and the aliases that are not: they point at another version by now."""

    row: Catalog | Schema | RegisteredModel | ModelVersion
    lost_aliases: list[str]


def list_trash(*, actor: Actor) -> QuerySet[TrashEntry]:
    """Return what ``actor`` may restore, the newest first."""
    entries = TrashEntry.objects.select_related("catalog", "schema__catalog", "registered_model__schema__catalog")
    return authorization.visible(actor, entries)


def get_entry(*, actor: Actor, uid: UUID) -> TrashEntry:
    """Return the entry with that key, if ``actor`` may restore it."""
    entry = list_trash(actor=actor).filter(uid=uid).first()
    if entry is None:
        message = f"There is no entry '{uid}' in the trash."
        raise authorization.none_of(actor, TrashEntry.objects.filter(uid=uid), message, Attempt.GET_TRASH_ENTRY)
    return entry


def may_purge(*, actor: Actor) -> bool:
    """Return whether ``actor`` may delete forever what is in the trash."""
    return authorization.allows(actor, Operation.PURGE_TRASH, Metastore.current())


def restore(*, actor: Actor, uid: UUID, new_name: str = "") -> Restored:
    """Put an object back with all that was in it, as it was; under another name, if one is given.

    A name that is taken is AlreadyExists. What it was in has to be there.
    """
    authorization.require_scope(actor, Scope.REGISTRY, Attempt.GET_TRASH_ENTRY)
    entry = get_entry(actor=actor, uid=uid)
    name = _new_name(entry, new_name)
    if entry.kind != TrashEntry.Kind.CATALOG and entry.parent is None:
        raise InvalidState(f"What {entry} was in has been deleted, too. Restore that first.")
    if name != entry.name:
        authorization.require(actor, *_right_to_name(entry))
    taken = f"There is another {entry.get_kind_display().lower()} '{name}' by now. Restore it under another name."
    with naming.unless_taken(taken):
        locks.share_principals()
        _hold_place(entry)
        entry = locks.going(entry)  # if two restore it at once, the second one finds nothing
        row, lost = _put_back(actor, entry, name)
        entry.delete()
    authorization.forget(actor)
    return Restored(row, lost)


def _right_to_name(entry: TrashEntry) -> tuple[Operation, Metastore | Catalog | Schema]:
    """Return what a new name needs, as of a new object: otherwise it would reveal whether a hidden one has it."""
    if isinstance(entry.parent, Schema):
        return Operation.CREATE_REGISTERED_MODEL, entry.parent
    if isinstance(entry.parent, Catalog):
        return Operation.CREATE_SCHEMA, entry.parent
    return Operation.CREATE_CATALOG, Metastore.current()


def purge(*, actor: Actor, uid: UUID) -> None:
    """Delete an entry forever; jobs remove the files."""
    authorization.require(actor, Operation.PURGE_TRASH, Metastore.current())
    with transaction.atomic():
        locks.share_principals()
        _end(actor, locks.going(get_entry(actor=actor, uid=uid)))


def end_entries() -> None:
    """Delete forever what has been in the trash for as long as TRASH_DAYS says."""
    for key in TrashEntry.objects.filter(ends_at__lte=timezone.now()).values_list("pk", flat=True):
        try:
            _end_by_itself(key)
        except DatabaseError:  # of several, one that cannot be deleted now does not keep the others
            logger.exception("The entry %s of the trash cannot be deleted now.", key)


def end_oldest() -> None:
    """Delete forever what has been in the trash for longest: the disk is full."""
    oldest = TrashEntry.objects.order_by("deleted_at", "pk").values_list("pk", flat=True).first()
    if oldest is not None:
        _end_by_itself(oldest)


def _end_by_itself(key: int) -> None:
    with transaction.atomic():
        locks.share_principals()
        entry = TrashEntry.objects.filter(pk=key).select_for_update().first()
        if entry is not None:  # or it was restored at this moment
            _end(Actor(principal=User(user_name="system"), user_agent="clock"), entry)


def _end(actor: Actor, entry: TrashEntry) -> None:
    trash.purged(actor, entry)
    removal.remove_files(actor, entry.files.order_by("pk").values_list("title", "storage_location"))
    entry.delete()


def _new_name(entry: TrashEntry, new_name: str) -> str:
    if not new_name or new_name == entry.name:
        return entry.name
    if entry.kind == TrashEntry.Kind.MODEL_VERSION:
        raise InvalidParameterValue("A version has no name: it is restored with its number.")
    return names.new_object_name(new_name, f"{entry.get_kind_display().lower()} name")


def _hold_place(entry: TrashEntry) -> None:
    """Hold what the object was in: nobody renames or deletes it now, and its counter is changed."""
    match parent := entry.parent:
        case RegisteredModel():
            locks.share_names(parent.schema_id)
            _hold_copies(entry)  # versions before their models
            locks.hold(parent)
        case Schema():
            locks.share(Catalog, parent.catalog_id)  # whose name the models are filed under
            locks.hold(parent)
            _hold_copies(entry)
        case Catalog():
            locks.hold(parent)
            _hold_copies(entry)


def _hold_copies(entry: TrashEntry) -> None:
    """Hold the versions elsewhere that were copied from what is restored: they refer to it again."""
    rows = entry.rows.filter(is_reference=True, table=ModelVersion._meta.label).values_list("values", flat=True)
    locks.hold_all(ModelVersion.objects.filter(pk__in=[key for values in rows for key, _ in values]))


def _put_back(actor: Actor, entry: TrashEntry, name: str) -> tuple[Any, list[str]]:
    model = _MODELS[TrashEntry.Kind(entry.kind)]
    lost = _moved_aliases(entry)
    Restoring(entry).write(_changed_name(model, entry, name), {Alias: {key for key, _ in lost}})
    row = model._default_manager.get(uid=entry.object_uid)
    _require_room(row)
    _count(row)
    _settle_pending(row)
    _file_again(row)
    row.refresh_from_db()
    trash.restored(actor, entry, row)
    if isinstance(row, ModelVersion):
        for alias in row.aliases.all():
            audit.alias_set(actor, row.registered_model, alias.name, row.version, None)
    return row, [alias for _, alias in lost]


def _changed_name(model: type[Model], entry: TrashEntry, name: str) -> dict[type[Model], dict[str, Any]]:
    return {model: {"name": name}} if name != entry.name else {}


def _moved_aliases(entry: TrashEntry) -> list[tuple[int, str]]:
    """Return key and name of the aliases of a version that point at another one by now."""
    if entry.registered_model is None:
        return []
    now = set(entry.registered_model.aliases.values_list("folded", flat=True))
    moved: list[tuple[int, str]] = []
    for columns, values in entry.rows.filter(table=Alias._meta.label).values_list("columns", "values"):
        for row in (dict(zip(columns, each, strict=True)) for each in values):
            if row["folded"] in now:
                moved.append((row["id"], row["name"]))
    return moved


def _require_room(row: Catalog | Schema | RegisteredModel | ModelVersion) -> None:
    """Raise QuotaExceeded if there are too many objects now. (Bytes in the trash have counted all the time.)"""
    metastore = Metastore.current()
    match row:
        case ModelVersion():
            model = row.registered_model
            quotas.require_room("model_versions_per_registered_model", "Model Version", str(model), model, more=0)
        case RegisteredModel():
            quotas.require_room(
                "registered_models_per_schema", "Registered Model", f"Schema {row.schema}", row.schema, more=0
            )
        case Schema():
            quotas.require_room("schemas_per_catalog", "Schema", f"Catalog {row.catalog}", row.catalog, more=0)
        case Catalog():
            quotas.require_room("catalogs_per_metastore", "Catalog", f"Metastore {metastore.uid}", metastore, more=0)
    whole = "registered_models_per_metastore"
    quotas.require_room(whole, "Registered Model", f"Metastore {metastore.uid}", metastore, more=0)


def _settle_pending(row: Catalog | Schema | RegisteredModel | ModelVersion) -> None:
    """Fail the versions that a job was filling: it has ended, and taken their files away. Others have time again."""
    path = {Catalog: "registered_model__schema__catalog", Schema: "registered_model__schema",
            RegisteredModel: "registered_model", ModelVersion: "pk"}[type(row)]  # fmt: skip
    pending = ModelVersion.objects.filter(**{path: row.pk}, status=ModelVersion.Status.PENDING_REGISTRATION)
    for version in pending:
        if version.jobs.filling().exists() and not version.jobs.unfinished().exists():
            version.fail("It was deleted while it was filled.")
            version.artifacts.all().delete()
    pending.filter(updated_at__lt=timezone.now() - settings.PENDING_VERSION_LIFETIME / 2).update(
        updated_at=timezone.now()
    )


def _count(row: Catalog | Schema | RegisteredModel | ModelVersion) -> None:
    """Count the object in what it is in. (What is in it came with its own counters.)"""
    if isinstance(row, Schema | RegisteredModel):
        counters.add(row)
    if isinstance(row, ModelVersion):
        more = {"child_count": F("child_count") + 1, "size": F("size") + (row.size or 0)}
        RegisteredModel.objects.filter(pk=row.registered_model_id).update(**more)


def _file_again(row: Catalog | Schema | RegisteredModel | ModelVersion) -> None:
    """File the models under the names that all of this has now: containers may have been renamed."""
    by_kind = {Catalog: "schema__catalog", Schema: "schema", RegisteredModel: "pk"}
    if isinstance(row, ModelVersion):
        return
    models = RegisteredModel.objects.filter(**{by_kind[type(row)]: row.pk}).select_related("schema__catalog")
    renamed = []
    for model in models.alias(now=computed_name()).exclude(filed_as=F("now")).iterator(chunk_size=AT_ONCE):
        model.filed_as = model.full_name
        renamed.append(model)
    RegisteredModel.objects.bulk_update(renamed, ["filed_as"], batch_size=AT_ONCE)
