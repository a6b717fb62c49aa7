"""Writing the files of a model version: while it is pending, and never again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from registry import authorization, storage
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import FileAlreadyExists, FileDoesNotExist, InvalidParameterValue, InvalidState, NoSuchUpload
from registry.models import Artifact, ModelVersion, locks
from registry.services.artifacts import removal, written
from registry.services.shared import allowances
from registry.storage import artifact_store
from registry.storage.base import Upload
from registry.storage.paths import artifact_path, folded_digest, new_artifact_path


def require_writable(*, actor: Actor, version: ModelVersion) -> None:
    """Raise unless ``actor`` may upload to ``version`` now: while it is pending, and no job is filling it."""
    authorization.require(actor, Operation.WRITE_ARTIFACTS, version)
    if not version.is_pending or version.jobs.unfinished().exists():
        raise InvalidState(f"{version} is {version.status}: artifacts are written once, before it is finalized.")


def require_uploadable(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Raise unless ``actor`` may upload a file called ``path`` now: asked before the bytes are sent."""
    require_writable(actor=actor, version=version)
    new_artifact_path(path)


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

    ``size``: what is announced, if it is; what isn't allowed is refused before a byte of it is read.
    """
    require_uploadable(actor=actor, version=version, path=path)
    allowance = allowances.of_file(version, path)
    allowance.require(size or 0)
    upload = storage.uploads(version.storage_location).receive(
        version.storage_location, path, allowance.counted(chunks)
    )
    _keep(actor, version, path, upload, overwrite=overwrite)
    return upload.size


def begin_upload(*, actor: Actor, version: ModelVersion, path: str, overwrite: bool) -> str:
    """Begin an upload in parts of a file called ``path``, and return the name under which they are gathered."""
    require_uploadable(actor=actor, version=version, path=path)
    if not overwrite:
        _require_absent(version, path)
    return storage.uploads(version.storage_location).open_parts(version.storage_location)


def write_part(
    *, actor: Actor, version: ModelVersion, parts: str, number: int, chunks: Iterable[bytes], size: int | None = None
) -> str:
    """Stream one part and return its tag (its SHA-256). A part that arrives again replaces its twin.

    Its bytes count from before they are kept: a process that dies in between leaves a part that counts until it is sent
    again.
    """
    require_writable(actor=actor, version=version)
    allowance, store = allowances.of_part(version, parts, number), storage.uploads(version.storage_location)
    allowance.require(size or 0)
    upload = store.receive_part(version.storage_location, parts, number, allowance.counted(chunks))
    try:
        with _while_pending(actor, version):
            allowances.of_part(version, parts, number).require(upload.size)
            version.upload_parts.update_or_create(upload=parts, number=number, defaults={"size": upload.size})
        store.keep_part(upload, version.storage_location, parts, number)
    except NoSuchUpload:
        version.upload_parts.filter(upload=parts).delete()
        raise
    finally:
        store.discard(upload.name)
    return upload.sha256


def complete_upload(
    *, actor: Actor, version: ModelVersion, path: str, parts: str, etags: Mapping[int, str], overwrite: bool
) -> None:
    """Join the parts, by number, into the file ``path``. A tag that is given must be the part's.

    Asked again after its answer was lost, it finds the parts gone and the file that they became, and succeeds.
    """
    require_uploadable(actor=actor, version=version, path=path)
    if not etags:
        raise InvalidParameterValue("An upload in parts has at least one part.")
    store, location = storage.uploads(version.storage_location), version.storage_location
    if not store.has_parts(location, parts):
        if version.artifacts.filter(path=path, upload=parts, arriving="").exists():
            return
        raise NoSuchUpload("This upload doesn't exist: it was aborted or has expired.")
    upload = store.join_parts(location, path, parts, etags)
    _keep(actor, version, path, upload, overwrite=overwrite, parts=parts)
    _discard_parts(version, parts)


def abort_upload(*, actor: Actor, version: ModelVersion, parts: str) -> None:
    """Forget the parts that have arrived."""
    require_writable(actor=actor, version=version)
    _discard_parts(version, parts)


def _discard_parts(version: ModelVersion, parts: str) -> None:
    storage.uploads(version.storage_location).discard_parts(version.storage_location, parts)
    version.upload_parts.filter(upload=parts).delete()


def delete_artifact(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Delete a file of a version that is still pending.

    Its row says so until the file is gone: neither is the version finalized nor the file written meanwhile. Where a
    process dies in between, the file is deleted again.
    """
    require_writable(actor=actor, version=version)
    _require_file(version, path)
    store, location = artifact_store(version.storage_location), version.storage_location
    with _while_pending(actor, version):
        row = version.artifacts.filter(path=path).first()
        written.note(actor, version, path, size=None, sha256="", replaced=row.sha256 if row is not None else "")
        going = {"arriving": Artifact.GOING, **({} if row is not None else {"size": 0, "folded": folded_digest(path)})}
        version.artifacts.update_or_create(path=path, defaults=going)
    if row is not None and row.arriving not in ("", Artifact.GOING):
        storage.uploads(location).discard(row.arriving)
    with suppress(FileDoesNotExist):
        store.delete_file(location, path)
    version.artifacts.filter(path=path, arriving=Artifact.GOING).delete()


def _require_file(version: ModelVersion, path: str) -> None:
    """Raise FileDoesNotExist unless there is a file, or the row of one."""
    try:
        entry = artifact_store(version.storage_location).stat(version.storage_location, artifact_path(path))
    except FileDoesNotExist:
        if not version.artifacts.filter(path=path).exists():
            raise
        return
    if entry.is_directory:
        raise FileDoesNotExist(f"{path!r} is a directory.")


def make_directory(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Make an empty directory in a pending version; one that is there stays."""
    require_uploadable(actor=actor, version=version, path=path)
    _require_still_pending(actor, version)
    artifact_store(version.storage_location).make_directory(version.storage_location, path)


def remove_directory(*, actor: Actor, version: ModelVersion, path: str) -> None:
    """Remove an empty directory of a pending version."""
    require_writable(actor=actor, version=version)
    artifact_path(path)
    _require_still_pending(actor, version)
    artifact_store(version.storage_location).remove_directory(version.storage_location, path)


def _keep(actor: Actor, version: ModelVersion, path: str, upload: Upload, *, overwrite: bool, parts: str = "") -> None:
    """Make an upload the file ``path``: a row says what is coming, then the file gets its name, then the row says so.

    No row is held while the storage works. If two write one path, the later first discards the earlier one's upload,
    so that the file is what the row says. A process that dies in between leaves a row whose file is looked at when the
    version is finalized (``inventory.settled``).
    """
    store = storage.uploads(version.storage_location)
    try:
        if not overwrite:
            _require_absent(version, path)
        replaced = _announce(actor, version, path, upload, overwrite=overwrite, parts=parts)
        if replaced.arriving:
            store.discard(replaced.arriving)
        _name(version, path, upload)
        _confirm(actor, version, path, upload, replaced.sha256)
    finally:
        store.discard(upload.name)


def _name(version: ModelVersion, path: str, upload: Upload) -> None:
    """Give an upload its name, or take back the row that says that it is coming."""
    try:
        storage.uploads(version.storage_location).keep(upload, version.storage_location, path)
    except NoSuchUpload:
        if not _arriving(version, path, upload).delete()[0]:
            raise _overtaken(path) from None
        raise
    except BaseException:
        _arriving(version, path, upload).delete()
        raise


def _announce(
    actor: Actor, version: ModelVersion, path: str, upload: Upload, *, overwrite: bool, parts: str
) -> Artifact:
    """Write the row of a file that is about to get its name, and return the row as it was before (or an empty one)."""
    row = {"size": upload.size, "sha256": upload.sha256, "upload": parts, "folded": folded_digest(path)}
    with _while_pending(actor, version):
        before = version.artifacts.filter(path=path).first() or Artifact()
        if before.arriving == Artifact.GOING:
            raise FileAlreadyExists(f"{path!r} is being deleted.")
        if before.pk and not before.arriving and not overwrite:
            raise _already_there(path)
        _require_no_twin(version, path, row["folded"])
        allowances.of_file(version, path, upload=parts).require(upload.size)
        version.artifacts.update_or_create(path=path, defaults={**row, "arriving": upload.name})
    return before


def _confirm(actor: Actor, version: ModelVersion, path: str, upload: Upload, replaced: str) -> None:
    """Make the row say that its file is there, and note who has written it."""
    with transaction.atomic():
        current = ModelVersion.objects.filter(pk=version.pk).select_for_update(no_key=True).first()
        if current is not None and current.is_pending and _arriving(version, path, upload).update(arriving=""):
            written.note(actor, version, path, size=upload.size, sha256=upload.sha256, replaced=replaced)
            current.change(actor.name)  # which also says that it is not abandoned
            return
    if current is None or current.status == ModelVersion.Status.FAILED_REGISTRATION:
        removal.remove_unless_kept(version.storage_location)  # which no one does after us
        raise InvalidState(f"{version} was deleted, or has failed, while {path!r} arrived.")
    if not version.artifacts.filter(path=path, sha256=upload.sha256, arriving="").exists():  # finalized with it
        raise _overtaken(path)


def _arriving(version: ModelVersion, path: str, upload: Upload) -> QuerySet[Artifact]:
    return Artifact.objects.filter(model_version=version.pk, path=path, arriving=upload.name)


def _require_no_twin(version: ModelVersion, path: str, folded: object) -> None:
    """Raise if there is another file that would be the same one on a disk that folds case, or composes letters, or
    that is a directory where this is a file, or the other way: object stores would keep both."""
    if (other := clashing(version.artifacts.all(), path)) is not None:
        raise InvalidParameterValue(
            f"{path!r} names a file where there is a directory, or the other way: there is {other!r}."
        )
    twin = version.artifacts.filter(folded=folded).exclude(path=path).values_list("path", flat=True).first()
    if twin is not None:
        raise InvalidParameterValue(
            f"{path!r} cannot lie beside {twin!r}: where case does not count, or letters are composed, they are one."
        )


def clashing(files: QuerySet[Any], path: str) -> str | None:
    """Return the path of one of ``files`` that is a directory of ``path``, or in a directory called ``path``."""
    steps = path.split("/")
    above = ["/".join(steps[:number]) for number in range(1, len(steps))]
    both = files.filter(Q(path__in=above) | Q(path__startswith=f"{path}/"))
    return both.values_list("path", flat=True).first()


@contextmanager
def _while_pending(actor: Actor, version: ModelVersion) -> Iterator[None]:
    """Let the ``with`` block change rows of files: no finalize intervenes; rights are read again, hours later."""
    authorization.renew(actor)
    with transaction.atomic():
        allowances.hold(version.registered_model.schema.catalog)
        current = locks.hold(version)
        require_writable(actor=actor, version=current)
        yield
        current.change(actor.name)  # which also says that it is not abandoned


def _require_still_pending(actor: Actor, version: ModelVersion) -> None:
    """Raise unless the version is pending now, and note that it is not abandoned.

    An empty directory may be made or removed just after its version was finalized: a version consists only of files.
    """
    with _while_pending(actor, version):
        pass


def _require_absent(version: ModelVersion, path: str) -> None:
    """Raise if there is a file, with a row or without one."""
    try:
        artifact_store(version.storage_location).stat(version.storage_location, path)
    except FileDoesNotExist:
        return
    raise _already_there(path)


def _overtaken(path: str) -> FileAlreadyExists:
    return FileAlreadyExists(f"Another upload of {path!r}, or its deletion, has come in between.")


def _already_there(path: str) -> FileAlreadyExists:
    return FileAlreadyExists(f"There is a file {path!r} already.")
