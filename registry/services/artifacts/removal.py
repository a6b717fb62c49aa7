"""Taking files away: of versions that are deleted, and of those that were never whole."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from registry import queue
from registry.actor import Actor
from registry.models import Job, ModelVersion, TrashedFiles
from registry.services.artifacts import written
from registry.services.shared import graph
from registry.storage import artifact_store


def delete_later(actor: Actor, versions: QuerySet[ModelVersion]) -> None:
    """Queue the removal of the bytes of ``versions``, which the caller deletes, or has failed, in this transaction."""
    let_go(actor, versions)
    named = versions.select_related("registered_model__schema__catalog")
    remove_files(actor, [(str(version), version.storage_location) for version in named])


def let_go(actor: Actor, versions: QuerySet[ModelVersion]) -> None:
    """Record what was written to those of ``versions`` that no one has finalized, and let their lineage keep their
    names: nothing will do so later."""
    written.tell_of_deleted(actor, versions)
    graph.keep_names(versions)


def remove_files(actor: Actor, files: Iterable[tuple[str, str]]) -> None:
    """Queue a job for each location of ``files`` (with the title of what it was of) that removes what lies there."""
    jobs = Job.objects.bulk_create(
        Job(
            kind=Job.Kind.DELETE_ARTIFACTS,
            created_by=actor.principal if actor.principal.pk else None,
            requested_by=actor.name,
            title=f"Delete the artifacts of {title}",
            storage_location=location,
        )
        for title, location in files
    )
    for job in jobs:
        queue.enqueue(job)


def remove_unless_kept(location: str) -> None:
    """Remove what lies at ``location`` now, unless a version that is ready, or the trash, has it."""
    ready = ModelVersion.objects.filter(uid=UUID(location.rpartition("/")[2]), status=ModelVersion.Status.READY)
    if not ready.exists() and not TrashedFiles.objects.filter(storage_location=location).exists():
        artifact_store(location).delete(location)
