"""The files of model versions: who may write and read them, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db import transaction
from django.db.models import QuerySet

from registry import audit, authorization, queue
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidState
from registry.models import Job, ModelVersion
from registry.storage import artifact_store
from registry.storage.base import Entry, artifact_path


def require_writable(*, actor: Actor, version: ModelVersion) -> None:
    """Raise unless ``actor`` may upload to ``version`` now: while it is pending, and no job is filling it."""
    authorization.require(actor, Operation.WRITE_ARTIFACTS, version)
    if not version.is_pending or version.jobs.unfinished().exists():
        raise InvalidState(f"{version} is {version.status}: artifacts are written once, before it is finalized.")


def require_uploadable(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Raise unless ``actor`` may upload a file called ``path`` now: asked before the bytes are sent."""
    require_writable(actor=actor, version=version)
    artifact_path(path)


def require_readable(*, actor: Actor, version: ModelVersion) -> None:
    """Raise unless ``actor`` may download from ``version`` now: only a ready version is whole."""
    authorization.require(actor, Operation.READ_ARTIFACTS, version)
    if not version.is_ready:
        raise InvalidState(f"{version} is {version.status}: only a version that is READY can be read.")


def vend_credential(*, actor: Actor, version: ModelVersion, write: bool) -> None:
    """Check and record that ``actor`` goes on to transfer artifacts; the bytes travel by signed URLs."""
    if write:
        require_writable(actor=actor, version=version)
    else:
        require_readable(actor=actor, version=version)
    audit.credential_vended(actor, version, "READ_WRITE" if write else "READ")


def write_artifact(*, actor: Actor, version: ModelVersion, path: str, chunks: Iterable[bytes]) -> int:
    """Stream a file into a pending version and return its size in bytes."""
    require_uploadable(actor=actor, version=version, path=path)
    store = artifact_store(version.storage_location)
    draft = store.receive(chunks)
    try:
        with transaction.atomic():
            # The upload may have taken hours. The lock orders it and a finalize: one waits for the other.
            current = ModelVersion.objects.select_for_update().get(pk=version.pk)
            require_writable(actor=actor, version=current)
            store.keep(draft, version.storage_location, path)
    except ModelVersion.DoesNotExist as error:
        raise InvalidState(f"{version} was deleted meanwhile.") from error
    finally:
        store.discard(draft)
    return draft.size


def stat_artifact(*, actor: Actor, version: ModelVersion, path: str) -> Entry:
    require_readable(actor=actor, version=version)
    return artifact_store(version.storage_location).stat(version.storage_location, artifact_path(path))


def read_artifact(*, actor: Actor, version: ModelVersion, path: str, start: int, length: int) -> Iterator[bytes]:
    """Stream ``length`` bytes of a file from ``start``."""
    require_readable(actor=actor, version=version)
    return artifact_store(version.storage_location).read(version.storage_location, artifact_path(path), start, length)


def list_artifacts(*, actor: Actor, version: ModelVersion, path: str) -> list[Entry]:
    """What lies in a directory of a version (the root for an empty ``path``), by name."""
    require_readable(actor=actor, version=version)
    checked = artifact_path(path) if path else ""
    return artifact_store(version.storage_location).list_directory(version.storage_location, checked)


def delete_later(actor: Actor, versions: QuerySet[ModelVersion]) -> None:
    """Queue the removal of the bytes of ``versions``, which the caller deletes in the same transaction."""
    jobs = Job.objects.bulk_create(
        Job(
            kind=Job.Kind.DELETE_ARTIFACTS,
            created_by=actor.principal,
            requested_by=actor.name,
            title=f"Delete the artifacts of {version}",
            storage_location=version.storage_location,
        )
        for version in versions.select_related("registered_model__schema__catalog")
    )
    for job in jobs:
        queue.enqueue(job)
