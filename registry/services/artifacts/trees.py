"""Files that clients read and write, whatever they belong to: what every file protocol is built on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from registry.actor import Actor
from registry.models import ModelVersion
from registry.services.artifacts import transfer, uploads
from registry.services.artifacts.transfer import File
from registry.storage.base import Entry


class FileTree(Protocol):
    """The files of one thing, for one actor. Each verb asks whether the actor may; paths are relative to the root."""

    @property
    def uid(self) -> UUID:
        """What signed URLs call it."""

    @property
    def title(self) -> str:
        """What people call it."""

    def find(self, path: str) -> File:
        """Return what is at ``path``; FileDoesNotExist if there is nothing."""

    def read(self, path: str, start: int, length: int) -> Iterator[bytes]:
        """Stream ``length`` bytes of a file from ``start``."""

    def look(self, path: str, length: int) -> Iterator[bytes]:
        """Stream the first ``length`` bytes of a file to a page that shows them: that isn't a download."""

    def list(self, path: str) -> list[Entry]:
        """Return what is in a directory (the root for an empty ``path``), by name."""

    def files(self) -> Sequence[File]:
        """Return every file, by path."""

    def vend_url(self, path: str, *, write: bool) -> str:
        """Return the store's signed URL for one file, empty where ours is to be given out; raise if none may be. What
        is vended is recorded."""

    def require_uploadable(self, path: str) -> None:
        """Raise unless a file called ``path`` may be written now."""

    def write(self, path: str, chunks: Iterable[bytes], size: int | None, *, overwrite: bool = True) -> None:
        """Stream a file in; ``size`` is what is announced."""

    def begin_upload(self, path: str, *, overwrite: bool) -> str:
        """Begin an upload in parts, and return the name under which they are gathered."""

    def write_part(self, parts: str, number: int, chunks: Iterable[bytes], size: int | None) -> str:
        """Stream one part in, and return its tag."""

    def complete_upload(self, path: str, parts: str, etags: Mapping[int, str], *, overwrite: bool) -> None:
        """Join the parts into a file."""

    def abort_upload(self, parts: str) -> None:
        """Forget the parts."""

    def delete(self, path: str) -> None:
        """Delete a file."""

    def make_directory(self, path: str) -> None:
        """Make an empty directory; one that is there stays."""

    def remove_directory(self, path: str) -> None:
        """Remove an empty directory."""


@dataclass(frozen=True)
class VersionTree:
    """The files of a model version: written while it is pending, read when it is ready."""

    actor: Actor
    version: ModelVersion

    @property
    def uid(self) -> UUID:
        return self.version.uid

    @property
    def title(self) -> str:
        return str(self.version)

    def find(self, path: str) -> File:
        return transfer.find_file(actor=self.actor, version=self.version, path=path)

    def read(self, path: str, start: int, length: int) -> Iterator[bytes]:
        return transfer.read_artifact(actor=self.actor, version=self.version, path=path, start=start, length=length)

    def look(self, path: str, length: int) -> Iterator[bytes]:
        return transfer.read_artifact(
            actor=self.actor, version=self.version, path=path, start=0, length=length, only_looks=True
        )

    def list(self, path: str) -> list[Entry]:
        return transfer.list_artifacts(actor=self.actor, version=self.version, path=path)

    def files(self) -> Sequence[File]:
        return transfer.list_files(actor=self.actor, version=self.version)

    def vend_url(self, path: str, *, write: bool) -> str:
        return transfer.vend_url(actor=self.actor, version=self.version, path=path, write=write)

    def require_uploadable(self, path: str) -> None:
        uploads.require_uploadable(actor=self.actor, version=self.version, path=path)

    def write(self, path: str, chunks: Iterable[bytes], size: int | None, *, overwrite: bool = True) -> None:
        uploads.write_artifact(
            actor=self.actor, version=self.version, path=path, chunks=chunks, size=size, overwrite=overwrite
        )

    def begin_upload(self, path: str, *, overwrite: bool) -> str:
        return uploads.begin_upload(actor=self.actor, version=self.version, path=path, overwrite=overwrite)

    def write_part(self, parts: str, number: int, chunks: Iterable[bytes], size: int | None) -> str:
        return uploads.write_part(
            actor=self.actor, version=self.version, parts=parts, number=number, chunks=chunks, size=size
        )

    def complete_upload(self, path: str, parts: str, etags: Mapping[int, str], *, overwrite: bool) -> None:
        uploads.complete_upload(
            actor=self.actor, version=self.version, path=path, parts=parts, etags=etags, overwrite=overwrite
        )

    def abort_upload(self, parts: str) -> None:
        uploads.abort_upload(actor=self.actor, version=self.version, parts=parts)

    def delete(self, path: str) -> None:
        uploads.delete_artifact(actor=self.actor, version=self.version, path=path)

    def make_directory(self, path: str) -> None:
        uploads.make_directory(actor=self.actor, version=self.version, path=path)

    def remove_directory(self, path: str) -> None:
        uploads.remove_directory(actor=self.actor, version=self.version, path=path)
