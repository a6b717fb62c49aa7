"""Events of imports. What comes has its own."""

from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.recording import record
from registry.models import Import, Metastore


def import_started(actor: Actor, imported: Import) -> None:
    record(
        actor, Action.IMPORT_REGISTRY, Metastore.current(),
        address=imported.address, kind=imported.kind, destination=imported.destination,
    )  # fmt: skip


def import_ended(actor: Actor, imported: Import) -> None:
    imported.refresh_from_db()
    record(
        actor, Action.IMPORT_ENDED, Metastore.current(), address=imported.address,
        models=imported.models_done, versions=imported.versions_done, differences=len(imported.report),
    )  # fmt: skip
