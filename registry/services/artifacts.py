"""The files of model versions: who may write and read them, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet
from django.utils.crypto import salted_hmac

from registry import audit, authorization, queue
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import FileAlreadyExists, FileDoesNotExist, InvalidParameterValue, InvalidState, NoSuchUpload
from registry.models import Artifact, Job, ModelVersion, locks
from registry.services import inventory
from registry.storage import artifact_store
from registry.storage.base import Draft, Entry, artifact_path


@dataclass(frozen=True)
class File:
    """A file of a version. ``sha256`` is empty where it was not counted: in versions of earlier releases."""

    entry: Entry
    sha256: str


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


def vend_url(*, actor: Actor, version: ModelVersion, path: str, write: bool) -> None:
    """Check and record that ``actor`` gets a signed URL for one file: whoever holds it needs no token."""
    if write:
        require_uploadable(actor=actor, version=version, path=path)
    elif stat_artifact(actor=actor, version=version, path=path).is_directory:
        raise FileDoesNotExist(f"{path!r} is a directory.")
    audit.credential_vended(actor, version, "READ_WRITE" if write else "READ", path)


def lend_for_upload(*, actor: Actor, version: ModelVersion) -> str:
    """A directory of this machine, as a ``file:`` URI, into which a client writes; finalizing takes the files in.

    It is disposable, like those that are lent for reading: MLflow's `uc:` client deletes what it copied from.
    """
    require_writable(actor=actor, version=version)
    audit.credential_vended(actor, version, "READ_WRITE")
    return artifact_store(version.storage_location).open_inbox(inbox_of(version.storage_location))


def lend_for_download(*, actor: Actor, version: ModelVersion) -> str:
    """A disposable directory with a version's files, as a ``file:`` URI; empty where ``actor`` may not read them."""
    if not version.is_ready or not authorization.allows(actor, Operation.READ_ARTIFACTS, version):
        return ""
    inventory.whole_files_of(version)  # or it is not lent
    audit.credential_vended(actor, version, "READ")
    return artifact_store(version.storage_location).lend(version.storage_location)


def take_in(*, actor: Actor, version: ModelVersion) -> None:
    """Bring the files that a client has written into a lent directory to where they belong."""
    store = artifact_store(version.storage_location)
    for path, chunks in store.inbox_files(inbox_of(version.storage_location)):
        write_artifact(actor=actor, version=version, path=path, chunks=chunks)
    store.close_inbox(inbox_of(version.storage_location))


def write_artifact(
    *, actor: Actor, version: ModelVersion, path: str, chunks: Iterable[bytes], overwrite: bool = True
) -> int:
    """Stream a file into a pending version and return its size in bytes."""
    require_uploadable(actor=actor, version=version, path=path)
    draft = artifact_store(version.storage_location).receive(chunks)
    _keep(actor, version, path, draft, overwrite=overwrite)
    return draft.size


def begin_upload(*, actor: Actor, version: ModelVersion, path: str, overwrite: bool) -> str:
    """Begin an upload in parts of a file called ``path``, and return the name under which they are gathered."""
    require_uploadable(actor=actor, version=version, path=path)
    if not overwrite:
        _require_absent(version, path)
    return artifact_store(version.storage_location).open_parts(version.storage_location)


def write_part(*, actor: Actor, version: ModelVersion, parts: str, number: int, chunks: Iterable[bytes]) -> str:
    """Stream one part and return its tag (its SHA-256). A part that arrives again replaces its twin."""
    require_writable(actor=actor, version=version)
    store = artifact_store(version.storage_location)
    draft = store.receive(chunks)
    try:
        with _while_pending(actor, version):
            store.keep_part(draft, version.storage_location, parts, number)
    finally:
        store.discard(draft)
    return draft.sha256


def complete_upload(
    *, actor: Actor, version: ModelVersion, path: str, parts: str, etags: Mapping[int, str], overwrite: bool
) -> None:
    """Join the parts, by number, to the file ``path``. A tag that is given must be the part's.

    Asked again after its answer was lost, it finds the parts gone and the file there that they became, and is content.
    """
    require_uploadable(actor=actor, version=version, path=path)
    if not etags:
        raise InvalidParameterValue("An upload in parts has at least one part.")
    store, location = artifact_store(version.storage_location), version.storage_location
    if not store.has_parts(location, parts):
        if version.artifacts.filter(path=path, upload=parts).exists():
            return
        raise NoSuchUpload("There is no such upload: it was aborted, or swept away.")
    draft = store.join_parts(location, parts, etags)
    _keep(actor, version, path, draft, overwrite=overwrite, upload=parts)
    store.discard_parts(location, parts)


def abort_upload(*, actor: Actor, version: ModelVersion, parts: str) -> None:
    """Forget the parts that have arrived."""
    require_writable(actor=actor, version=version)
    artifact_store(version.storage_location).discard_parts(version.storage_location, parts)


def delete_artifact(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Delete a file of a version that is still pending."""
    require_uploadable(actor=actor, version=version, path=path)
    with _while_pending(actor, version):
        artifact_store(version.storage_location).delete_file(version.storage_location, path)
        version.artifacts.filter(path=path).delete()


def make_directory(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Make an empty directory in a pending version; one that is there stays."""
    require_uploadable(actor=actor, version=version, path=path)
    with _while_pending(actor, version):
        artifact_store(version.storage_location).make_directory(version.storage_location, path)


def remove_directory(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Remove an empty directory of a pending version."""
    require_uploadable(actor=actor, version=version, path=path)
    with _while_pending(actor, version):
        artifact_store(version.storage_location).remove_directory(version.storage_location, path)


def _keep(actor: Actor, version: ModelVersion, path: str, draft: Draft, *, overwrite: bool, upload: str = "") -> None:
    """Make a draft the file ``path``, if the version is still pending by now.

    The row of a file that is replaced goes first, for good: whoever dies between the file and its row leaves a file
    without one, which finalizing reads, and never a row that tells of other bytes.
    """
    store, location = artifact_store(version.storage_location), version.storage_location
    row = {"size": draft.size, "sha256": draft.sha256, "upload": upload}
    try:
        replaced = Artifact.objects.filter(model_version=version.pk, path=path)
        if overwrite and replaced.exists():
            with _while_pending(actor, version):
                replaced.delete()
        with _while_pending(actor, version):
            if not overwrite:
                _require_absent(version, path)
            store.keep(draft, location, path)
            version.artifacts.update_or_create(path=path, defaults=row)
    finally:
        store.discard(draft)
    store.settle(location, path)


@contextmanager
def _while_pending(actor: Actor, version: ModelVersion) -> Iterator[None]:
    """Let the ``with`` block change files: the version is pending, and no finalize comes between.

    The bytes may have taken hours: the rights, and that the account is active, are read anew.
    """
    authorization.renew(actor)
    with transaction.atomic():
        current = locks.hold(version)
        require_writable(actor=actor, version=current)
        yield
        current.change(actor.name)  # which also says that it is not abandoned


def _require_absent(version: ModelVersion, path: str) -> None:
    try:
        artifact_store(version.storage_location).stat(version.storage_location, path)
    except FileDoesNotExist:
        return
    raise FileAlreadyExists(f"There is a file {path!r} already.")


def stat_artifact(*, actor: Actor, version: ModelVersion, path: str) -> Entry:
    """The entry at ``path``; Damaged if it is a file that has not the size with which it arrived."""
    return find_file(actor=actor, version=version, path=path).entry


def find_file(*, actor: Actor, version: ModelVersion, path: str) -> File:
    """``stat_artifact``, with the SHA-256 with which a file arrived."""
    require_readable(actor=actor, version=version)
    stored = inventory.file_of(version, artifact_path(path))
    if stored is not None:
        return File(inventory.require_whole(version, stored), stored.sha256)
    return File(artifact_store(version.storage_location).stat(version.storage_location, path), "")


def read_artifact(*, actor: Actor, version: ModelVersion, path: str, start: int, length: int) -> Iterator[bytes]:
    """Stream ``length`` bytes of a file from ``start``. Each part that is read is an event.

    A file that is read as a whole is compared with its SHA-256: its last bytes come after that, or Damaged instead.
    """
    require_readable(actor=actor, version=version)
    audit.artifact_downloaded(actor, version, path)
    file = inventory.file_of(version, artifact_path(path))
    if file is not None:
        return inventory.read(version, file, start, length)
    return artifact_store(version.storage_location).read(version.storage_location, path, start, length)


def list_artifacts(*, actor: Actor, version: ModelVersion, path: str) -> list[Entry]:
    """What lies in a directory of a version (the root for an empty ``path``), by name."""
    require_readable(actor=actor, version=version)
    return inventory.list_directory(version, artifact_path(path) if path else "")


def list_files(*, actor: Actor, version: ModelVersion) -> list[File]:
    """Every file of a version, by path."""
    require_readable(actor=actor, version=version)
    return [
        File(Entry(file.path, is_directory=False, size=file.size, modified_at=version.updated_at), file.sha256)
        for file in inventory.files_of(version)
    ]


def delete_later(actor: Actor, versions: QuerySet[ModelVersion]) -> None:
    """Queue the removal of the bytes of ``versions``, which the caller deletes in the same transaction."""
    jobs = Job.objects.bulk_create(
        Job(
            kind=Job.Kind.DELETE_ARTIFACTS,
            created_by=actor.principal if actor.principal.pk else None,
            requested_by=actor.name,
            title=f"Delete the artifacts of {version}",
            storage_location=version.storage_location,
        )
        for version in versions.select_related("registered_model__schema__catalog")
    )
    for job in jobs:
        queue.enqueue(job)


def inbox_of(location: str) -> str:
    """The name of the inbox of a version that is kept at ``location``; whoever is not told it cannot guess it."""
    return salted_hmac("registry.services.artifacts.inbox", location).hexdigest()
