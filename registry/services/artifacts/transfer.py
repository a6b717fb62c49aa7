"""The files of model versions: who may write and read them, and when."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from django.db import transaction
from django.db.models import QuerySet

from registry import audit, authorization, queue
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import FileAlreadyExists, FileDoesNotExist, InvalidParameterValue, InvalidState, NoSuchUpload
from registry.models import Artifact, Job, ModelVersion, locks
from registry.services.artifacts import inventory, written
from registry.services.shared import allowances
from registry.storage import artifact_store
from registry.storage.base import Draft, Entry
from registry.storage.paths import artifact_path, folded_digest, new_artifact_path


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
    new_artifact_path(path)


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


def write_artifact(
    *,
    actor: Actor,
    version: ModelVersion,
    path: str,
    chunks: Iterable[bytes],
    size: int | None = None,
    overwrite: bool = True,
) -> int:
    """Stream a file into a pending version and return its size in bytes.

    ``size``: what is announced, where it is; what may not come is refused before a byte of it is read.
    """
    require_uploadable(actor=actor, version=version, path=path)
    allowance = allowances.of_file(version, path)
    allowance.require(size or 0)
    draft = artifact_store(version.storage_location).receive(allowance.counted(chunks))
    _keep(actor, version, path, draft, overwrite=overwrite)
    return draft.size


def begin_upload(*, actor: Actor, version: ModelVersion, path: str, overwrite: bool) -> str:
    """Begin an upload in parts of a file called ``path``, and return the name under which they are gathered."""
    require_uploadable(actor=actor, version=version, path=path)
    if not overwrite:
        _require_absent(version, path)
    return artifact_store(version.storage_location).open_parts(version.storage_location)


def write_part(
    *, actor: Actor, version: ModelVersion, parts: str, number: int, chunks: Iterable[bytes], size: int | None = None
) -> str:
    """Stream one part and return its tag (its SHA-256). A part that arrives again replaces its twin."""
    require_writable(actor=actor, version=version)
    allowance, store = allowances.of_part(version, parts, number), artifact_store(version.storage_location)
    allowance.require(size or 0)
    draft = store.receive(allowance.counted(chunks))
    try:
        with _while_pending(actor, version):
            allowances.of_part(version, parts, number).require(draft.size)
            store.keep_part(draft, version.storage_location, parts, number)
            version.upload_parts.update_or_create(upload=parts, number=number, defaults={"size": draft.size})
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
    _discard_parts(version, parts)


def abort_upload(*, actor: Actor, version: ModelVersion, parts: str) -> None:
    """Forget the parts that have arrived."""
    require_writable(actor=actor, version=version)
    _discard_parts(version, parts)


def _discard_parts(version: ModelVersion, parts: str) -> None:
    artifact_store(version.storage_location).discard_parts(version.storage_location, parts)
    version.upload_parts.filter(upload=parts).delete()


def delete_artifact(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Delete a file of a version that is still pending."""
    require_writable(actor=actor, version=version)
    with _while_pending(actor, version):
        artifact_store(version.storage_location).delete_file(version.storage_location, artifact_path(path))
        gone = _sha256_of(version, path)
        version.artifacts.filter(path=path).delete()
        written.note(actor, version, path, size=None, sha256="", replaced=gone)


def make_directory(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Make an empty directory in a pending version; one that is there stays."""
    require_uploadable(actor=actor, version=version, path=path)
    with _while_pending(actor, version):
        artifact_store(version.storage_location).make_directory(version.storage_location, path)


def remove_directory(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Remove an empty directory of a pending version."""
    require_writable(actor=actor, version=version)
    artifact_path(path)
    with _while_pending(actor, version):
        artifact_store(version.storage_location).remove_directory(version.storage_location, path)


def _keep(actor: Actor, version: ModelVersion, path: str, draft: Draft, *, overwrite: bool, upload: str = "") -> None:
    """Make a draft the file ``path``, if the version is still pending by now.

    The row of a file that is replaced goes first, for good: whoever dies between the file and its row leaves a file
    without one, which finalizing reads, and never a row that tells of other bytes.
    """
    store, location = artifact_store(version.storage_location), version.storage_location
    row = {"size": draft.size, "sha256": draft.sha256, "upload": upload, "folded": folded_digest(path)}
    try:
        before = _forget_replaced(actor, version, path) if overwrite else ""
        with _while_pending(actor, version):
            if not overwrite:
                _require_absent(version, path)
            _require_no_twin(version, path, row["folded"])
            allowances.of_file(version, path, upload=upload).require(draft.size)
            store.keep(draft, location, path)
            before = _sha256_of(version, path) or before
            version.artifacts.update_or_create(path=path, defaults=row)
            written.note(actor, version, path, size=draft.size, sha256=draft.sha256, replaced=before)
    finally:
        store.discard(draft)
    store.settle(location, path)


def _forget_replaced(actor: Actor, version: ModelVersion, path: str) -> str:
    """Remove the row of a file that is about to be replaced, and return its SHA-256; nothing if there is none."""
    replaced = Artifact.objects.filter(model_version=version.pk, path=path)
    if not replaced.exists():
        return ""
    with _while_pending(actor, version):
        before = _sha256_of(version, path)
        replaced.delete()
    return before


def _sha256_of(version: ModelVersion, path: str) -> str:
    return version.artifacts.filter(path=path).values_list("sha256", flat=True).first() or ""


def _require_no_twin(version: ModelVersion, path: str, folded: object) -> None:
    """Raise if there is another file that would be the same one on a disk that folds case, or composes letters."""
    twin = version.artifacts.filter(folded=folded).exclude(path=path).values_list("path", flat=True).first()
    if twin is not None:
        raise InvalidParameterValue(
            f"{path!r} cannot lie beside {twin!r}: where case does not count, or letters are composed, they are one."
        )


@contextmanager
def _while_pending(actor: Actor, version: ModelVersion) -> Iterator[None]:
    """Let the ``with`` block change files: no finalize comes between; rights are read anew, hours later."""
    authorization.renew(actor)
    with transaction.atomic():
        allowances.hold(version.registered_model.schema.catalog)
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

    A file that is read as a whole is compared with its SHA-256: its last bytes come after that, or Damaged instead. Of
    a range the file's size alone is compared; who puts ranges together has the whole file's digest to compare with.
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
    """Queue the removal of the bytes of ``versions``, which the caller deletes in the same transaction.

    What was written to those that nobody has finalized is told now: nobody will tell it later.
    """
    written.tell_of_deleted(actor, versions)
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
