"""Putting into the trash what is being deleted."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from registry import authorization
from registry.actor import Actor
from registry.models import (
    Catalog,
    ModelVersion,
    RegisteredModel,
    Schema,
    TrashedFiles,
    TrashEntry,
    TrashManager,
    locks,
)
from registry.services.artifacts import removal
from registry.services.trash import rows

Kept = Catalog | Schema | RegisteredModel | ModelVersion
KINDS: dict[type[Kept], TrashEntry.Kind] = {
    Catalog: TrashEntry.Kind.CATALOG,
    Schema: TrashEntry.Kind.SCHEMA,
    RegisteredModel: TrashEntry.Kind.REGISTERED_MODEL,
    ModelVersion: TrashEntry.Kind.MODEL_VERSION,
}


def delete(actor: Actor, *going: tuple[Kept, QuerySet[ModelVersion]]) -> None:
    """Delete objects with the versions in them, in the caller's transaction, which has locked all of these.

    They are kept in the trash, with their files, as long as TRASH_DAYS says; where that is 0, jobs remove the files.
    """
    for row, versions in going:  # all of them before the first is deleted: they may refer to each other
        removal.let_go(actor, versions)
        if timedelta(0) < settings.TRASH_KEPT_FOR:
            _keep(actor, row, versions)
        else:
            named = _with_names(versions)
            removal.remove_files(actor, [(str(version), version.storage_location) for version in named])
    for row, _ in going:
        row.delete()


def _keep(actor: Actor, row: Kept, versions: QuerySet[ModelVersion]) -> None:
    locks.going_all(versions)  # nothing comes to refer to them from here on
    going, now = rows.going_with(row), timezone.now()
    entry = TrashEntry.objects.create(
        kind=KINDS[type(row)],
        object_uid=row.uid,
        name=str(row.version) if isinstance(row, ModelVersion) else row.name,
        full_name=str(row),
        **_place(row),
        owner_user=None if isinstance(row, ModelVersion) else row.owner_user,
        owner_group=None if isinstance(row, ModelVersion) else row.owner_group,
        model_count=len(going.rows.get(RegisteredModel, ())),
        version_count=len(going.rows.get(ModelVersion, ())),
        size=versions.order_by().aggregate(size=Sum("size"))["size"] or 0,
        deleted_by=actor.name,
        deleted_at=now,
        ends_at=now + settings.TRASH_KEPT_FOR,
    )
    _note_managers(entry, row)
    _note_files(entry, versions)
    rows.store(entry, going)


def _note_managers(entry: TrashEntry, row: Kept) -> None:
    managers = authorization.managers_of(row) if not isinstance(row, ModelVersion) else []
    for manager in managers:
        manager.entry = entry
    TrashManager.objects.bulk_create(managers)


def _note_files(entry: TrashEntry, versions: QuerySet[ModelVersion]) -> None:
    files = (
        TrashedFiles(
            entry=entry, title=str(version), storage_location=version.storage_location, size=version.size or 0,
            creator_key=version.creator_key,
        )
        for version in _with_names(versions)
    )  # fmt: skip
    TrashedFiles.objects.bulk_create(files, batch_size=rows.AT_ONCE)


def _with_names(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion]:
    return versions.select_related("registered_model__schema__catalog").order_by("pk")


def _place(row: Kept) -> dict[str, Catalog | Schema | RegisteredModel]:
    match row:
        case ModelVersion():
            return {"registered_model": row.registered_model}
        case RegisteredModel():
            return {"schema": row.schema}
        case Schema():
            return {"catalog": row.catalog}
    return {}
