"""Events of the trash: what came back, and what is gone forever."""

from __future__ import annotations

from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.recording import record
from registry.models import Governed, Metastore, TrashEntry


def restored(actor: Actor, entry: TrashEntry, row: Governed) -> None:
    record(
        actor, Action.RESTORE_FROM_TRASH, row, full_name_arg=str(row), was=entry.full_name, deleted_by=entry.deleted_by
    )


def purged(actor: Actor, entry: TrashEntry) -> None:
    """Record what no row tells of any more."""
    record(
        actor, Action.PURGE_FROM_TRASH, Metastore.current(), full_name_arg=entry.full_name, kind=entry.kind,
        uid=str(entry.object_uid), versions=entry.version_count, bytes=entry.size,
    )  # fmt: skip
