"""Putting into the trash what is being deleted."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet, Sum
from django.utils import timezone

from registry import authorization
from registry.actor import Actor
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema, TrashedFiles, TrashEntry, TrashManager
from registry.services.artifacts import transfer
from registry.services.trash import rows

Kept = Catalog | Schema | RegisteredModel | ModelVersion
_KINDS = {
    Catalog: TrashEntry.Kind.CATALOG,
    Schema: TrashEntry.Kind.SCHEMA,
    RegisteredModel: TrashEntry.Kind.REGISTERED_MODEL,
    ModelVersion: TrashEntry.Kind.MODEL_VERSION,
}


def delete(actor: Actor, row: Kept, versions: QuerySet[ModelVersion]) -> None:
    """Delete ``row`` with the ``versions`` in it, in the caller's transaction, which has locked them.

    It is kept in the trash with its files as long as TRASH_DAYS says; where that is 0, a job removes the files.
    """
    transfer.let_go(actor, versions)
    if timedelta(0) < settings.TRASH_KEPT_FOR:
        _keep(actor, row, versions)
    else:
        transfer.remove_files(actor, [(str(version), version.storage_location) for version in _with_names(versions)])
    row.delete()


def _keep(actor: Actor, row: Kept, versions: QuerySet[ModelVersion]) -> None:
    going, now = rows.going_with(row), timezone.now()
    entry = TrashEntry.objects.create(
        kind=_KINDS[type(row)],
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
    if not isinstance(row, ModelVersion):
        managers = authorization.managers_of(row)
        for manager in managers:
            manager.entry = entry
        TrashManager.objects.bulk_create(managers)
    files = (
        TrashedFiles(entry=entry, title=str(v), storage_location=v.storage_location) for v in _with_names(versions)
    )
    TrashedFiles.objects.bulk_create(files, batch_size=rows.AT_ONCE)
    rows.store(entry, going)


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
