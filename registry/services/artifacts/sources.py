"""What a new version's files are copied from: another version, or what a run or a logged model left behind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from registry.exceptions import Damaged, DoesNotExist, FileDoesNotExist
from registry.models import ArtifactRoot, ModelVersion
from registry.remotes.hugging_face import Repository
from registry.remotes.records import Remote, RemoteFile, RemoteVersion
from registry.services.artifacts import inventory
from registry.services.artifacts.inventory import StoredFile
from registry.storage import artifact_store, elsewhere, is_attached


class Source(Protocol):
    """Files to copy. A file's path is the one that it gets; ``prefix`` plus that path is the one that it has."""

    @property
    def location(self) -> str:
        """Where they are."""

    @property
    def is_immutable(self) -> bool:
        """Whether no one writes them any more: then the storage can copy them by itself."""

    @property
    def prefix(self) -> str:
        """The directory there, with a slash at its end; empty for the root."""

    def files(self) -> list[StoredFile]:
        """Return them, by path."""

    def whole_files(self) -> list[StoredFile]:
        """Return them, by path; Damaged unless all are there, with their sizes, and none is known to be damaged."""

    def read(self, file: StoredFile) -> Iterator[bytes]:
        """Return its bytes, in pieces; FileDoesNotExist, at once, if it is gone."""

    def damaged(self, file: StoredFile, detail: str) -> Damaged:
        """Return the error that says so, once it is noted where people look."""


def _kept(source: Source, file: StoredFile) -> Iterator[bytes]:
    return artifact_store(source.location).read(source.location, source.prefix + file.path, 0, file.size)


@dataclass(frozen=True)
class VersionFiles:
    """The files of a version."""

    version: ModelVersion
    prefix: str = ""
    is_immutable: bool = True

    @property
    def location(self) -> str:
        return self.version.storage_location

    def files(self) -> list[StoredFile]:
        return inventory.files_of(self.version)

    def whole_files(self) -> list[StoredFile]:
        inventory.require_undamaged(self.version)
        return inventory.whole_files_of(self.version)

    def read(self, file: StoredFile) -> Iterator[bytes]:
        return _kept(self, file)

    def damaged(self, file: StoredFile, detail: str) -> Damaged:
        return inventory.damaged(self.version, file.path, detail)


@dataclass(frozen=True)
class ElsewhereFiles:
    """What lies below an address that is none of ours, and may be rewritten at any time."""

    address: str
    prefix: str = ""
    is_immutable: bool = False

    @property
    def location(self) -> str:
        return elsewhere.location_of(self.address)

    def files(self) -> list[StoredFile]:
        entries = artifact_store(self.location).list_files(self.location)
        return [StoredFile(entry.path, entry.size, "") for entry in entries]

    def whole_files(self) -> list[StoredFile]:
        return self.files()

    def read(self, file: StoredFile) -> Iterator[bytes]:
        return _kept(self, file)

    def damaged(self, file: StoredFile, detail: str) -> Damaged:
        return Damaged(f"{file.path!r} at {self.address} is damaged: {detail}.")


@dataclass(frozen=True)
class RemoteFiles:
    """The files of a version that another registry keeps, and that no one there changes any more."""

    remote: Remote
    name: str
    version: RemoteVersion
    prefix: str = ""
    location: str = ""
    is_immutable: bool = True

    def files(self) -> list[StoredFile]:
        return _stored(self.remote.files(self.name, self.version))

    def whole_files(self) -> list[StoredFile]:
        return self.files()

    def read(self, file: StoredFile) -> Iterator[bytes]:
        return _of_server(self, file, partial(self.remote.read, self.name, self.version))

    def damaged(self, file: StoredFile, detail: str) -> Damaged:
        return Damaged(f"{file.path!r} is damaged: {detail}.")


@dataclass(frozen=True)
class RepositoryFiles:
    """The files of a repository at a commit."""

    repository: Repository
    prefix: str = ""
    location: str = ""
    is_immutable: bool = True

    @property
    def address(self) -> str:
        return self.repository.address

    def files(self) -> list[StoredFile]:
        return _stored(self.repository.files())

    def whole_files(self) -> list[StoredFile]:
        return self.files()

    def read(self, file: StoredFile) -> Iterator[bytes]:
        return _of_server(self, file, self.repository.read)

    def damaged(self, file: StoredFile, detail: str) -> Damaged:
        return Damaged(f"{file.path!r} at {self.address} is damaged: {detail}.")


def _stored(files: Iterable[RemoteFile]) -> list[StoredFile]:
    return [StoredFile(file.path, file.size, file.sha256) for file in files]


def _of_server(source: Source, file: StoredFile, read: Callable[[str], Iterator[bytes]]) -> Iterator[bytes]:
    """The bytes that another server sends: no more than it has told of."""
    try:
        pieces = read(file.path)
    except DoesNotExist as error:
        raise FileDoesNotExist(error.message) from error
    return _no_more_than(source, file, pieces)


def _no_more_than(source: Source, file: StoredFile, pieces: Iterator[bytes]) -> Iterator[bytes]:
    came = 0
    for piece in pieces:
        came += len(piece)
        if came > file.size:
            raise source.damaged(file, f"more bytes come than {file.size}")
        yield piece


@dataclass(frozen=True)
class LoggedFiles:
    """What is in a directory of a run or a logged model: the files whose rows say that they are there.

    Those of an attached MLflow server have neither rows nor digests.
    """

    root: ArtifactRoot
    path: str = ""
    is_immutable: bool = False

    @property
    def location(self) -> str:
        return self.root.storage_location

    @property
    def prefix(self) -> str:
        return f"{self.path}/" if self.path else ""

    def files(self) -> list[StoredFile]:
        # SQLite's LIKE does not distinguish upper from lower case.
        inside = [file for file in self._stored() if file[0].startswith(self.prefix)]
        return sorted(
            (StoredFile(path.removeprefix(self.prefix), size, sha256) for path, size, sha256 in inside),
            key=lambda file: file.path,
        )

    def has_model(self) -> bool:
        """Return whether there is a model here."""
        if not is_attached(self.location):
            return self.root.artifacts.filter(path=f"{self.prefix}MLmodel").exists()
        try:
            return not artifact_store(self.location).stat(self.location, f"{self.prefix}MLmodel").is_directory
        except FileDoesNotExist:
            return False

    def _stored(self) -> Iterable[tuple[str, int, str]]:
        if is_attached(self.location):
            entries = artifact_store(self.location).list_files(self.location, self.path)
            return [(entry.path, entry.size, "") for entry in entries]
        rows = self.root.artifacts.filter(path__startswith=self.prefix, arriving="").order_by()
        return rows.values_list("path", "size", "sha256")

    def whole_files(self) -> list[StoredFile]:
        files = self.files()
        if is_attached(self.location):
            return files  # as they were listed
        entries = artifact_store(self.location).list_files(self.location, self.path)
        sizes = {entry.path.removeprefix(self.prefix): entry.size for entry in entries}
        for file in files:
            if (size := sizes.get(file.path)) is None:
                raise self.damaged(file, "it is missing")
            if size != file.size:
                raise self.damaged(file, f"it has {size} bytes, not {file.size}")
        return files

    def read(self, file: StoredFile) -> Iterator[bytes]:
        return _kept(self, file)

    def damaged(self, file: StoredFile, detail: str) -> Damaged:
        return Damaged(f"{self.prefix + file.path!r} of the {self.root} is damaged in the storage: {detail}.")
