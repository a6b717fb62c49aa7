"""The files of model versions: who may read them, and the permission for a transfer that bypasses us."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import FileDoesNotExist, InvalidState
from registry.models import ModelVersion
from registry.services.artifacts import inventory, uploads
from registry.services.artifacts.inventory import StoredFile
from registry.storage import artifact_store, direct_link
from registry.storage.base import Entry
from registry.storage.paths import artifact_path


@dataclass(frozen=True)
class File:
    """A file of a version. ``sha256`` is empty if it was not computed: in versions of earlier releases."""

    entry: Entry
    sha256: str


def require_readable(*, actor: Actor, version: ModelVersion) -> None:
    """Raise unless ``actor`` may download from ``version`` now: only a ready version is whole."""
    authorization.require(actor, Operation.READ_ARTIFACTS, version)
    if not version.is_ready:
        raise InvalidState(f"{version} is {version.status}: only a version that is READY can be read.")


def vend_credential(*, actor: Actor, version: ModelVersion, write: bool) -> None:
    """Check and record that ``actor`` goes on to transfer artifacts; the bytes travel by signed URLs."""
    if write:
        uploads.require_writable(actor=actor, version=version)
    else:
        require_readable(actor=actor, version=version)
    audit.credential_vended(actor, version, "READ_WRITE" if write else "READ")


def vend_url(*, actor: Actor, version: ModelVersion, path: str, write: bool) -> str:
    """Check and record that ``actor`` gets a signed URL for one file: clients that hold it need no token.

    Return the store's own, where it has one; empty for one of ours. Bytes that come in pass us: they are counted then.
    """
    if write:
        uploads.require_uploadable(actor=actor, version=version, path=path)
    elif stat_artifact(actor=actor, version=version, path=path).is_directory:
        raise FileDoesNotExist(f"{path!r} is a directory.")
    audit.credential_vended(actor, version, "READ_WRITE" if write else "READ", path)
    if write or version.damages.filter(path=path).exists():  # what passes us is compared with its SHA-256
        return ""
    return direct_link(version.storage_location, path)


def list_stored_files(*, actor: Actor, version: ModelVersion) -> list[StoredFile]:
    """Return the files of a version as they arrived, by path."""
    require_readable(actor=actor, version=version)
    return inventory.files_of(version)


def stat_artifact(*, actor: Actor, version: ModelVersion, path: str) -> Entry:
    """Return the entry at ``path``; raise Damaged if it is a file without the size with which it arrived."""
    return find_file(actor=actor, version=version, path=path).entry


def find_file(*, actor: Actor, version: ModelVersion, path: str) -> File:
    """Return what ``stat_artifact`` does, with the SHA-256 with which a file arrived."""
    require_readable(actor=actor, version=version)
    stored = inventory.file_of(version, artifact_path(path))
    if stored is not None:
        return File(inventory.require_whole(version, stored), stored.sha256)
    return File(artifact_store(version.storage_location).stat(version.storage_location, path), "")


def read_artifact(
    *, actor: Actor, version: ModelVersion, path: str, start: int, length: int, only_looks: bool = False
) -> Iterator[bytes]:
    """Stream ``length`` bytes of a file from ``start``. Each part that is read is an event: a download, or
    (``only_looks``) a look at it on a page.

    A file that is read as a whole is compared with its SHA-256: its last bytes come after that, or Damaged instead. For
    a range, only the file's size is compared; clients that join ranges have the whole file's digest to compare with.
    """
    require_readable(actor=actor, version=version)
    audit.artifact_read(actor, version, path, only_looks=only_looks)
    file = inventory.file_of(version, artifact_path(path))
    if file is not None:
        return inventory.read(version, file, start, length)
    return artifact_store(version.storage_location).read(version.storage_location, path, start, length)


def list_artifacts(*, actor: Actor, version: ModelVersion, path: str) -> list[Entry]:
    """Return what is in a directory of a version (the root for an empty ``path``), by name."""
    require_readable(actor=actor, version=version)
    return inventory.list_directory(version, artifact_path(path) if path else "")


def list_files(*, actor: Actor, version: ModelVersion) -> list[File]:
    """Return every file of a version, by path."""
    require_readable(actor=actor, version=version)
    return [
        File(Entry(file.path, is_directory=False, size=file.size, modified_at=version.updated_at), file.sha256)
        for file in inventory.files_of(version)
    ]
