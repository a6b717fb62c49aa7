"""What a storage backend does, in three small protocols. Bytes are streamed: no verb takes or returns a whole file.

Every verb may take as long as a network does, so none is called while a row is locked or a transaction is open. Where
rows have to agree with bytes, they say so before (what is about to be put) and after (that it is there).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from registry.exceptions import FileDoesNotExist, InvalidParameterValue

CHUNK = 1024 * 1024
"""Bytes that are held at a time."""


@dataclass(frozen=True)
class Entry:
    """A file, or a directory (``size`` 0), as a listing shows it. ``path`` is relative to the location's root."""

    path: str
    is_directory: bool
    size: int
    modified_at: datetime

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Upload:
    """Bytes that have arrived and are not part of a location yet. ``name`` is the backend's own, of any length."""

    name: str
    size: int
    sha256: str
    tags: tuple[str, ...] = ()
    """What the backend calls its parts, where it has some."""


class FileStore(Protocol):
    """Files below locations. Paths are relative, checked by ``artifact_path``, and never leave their location."""

    def stat(self, location: str, path: str) -> Entry:
        """Return the entry at ``path`` (the root for an empty one); FileDoesNotExist if there is none."""

    def read(self, location: str, path: str, start: int, length: int) -> Iterator[bytes]:
        """Return ``length`` bytes from ``start``, in pieces; FileDoesNotExist, at once, if there is no such file."""

    def list_directory(self, location: str, path: str) -> list[Entry]:
        """Return what is directly in a directory, by name; FileDoesNotExist if it is a file or not there."""

    def list_files(self, location: str, folder: str = "") -> list[Entry]:
        """Return every file below a location, or one of its directories, by path."""

    def delete_file(self, location: str, path: str) -> None:
        """Remove a file; FileDoesNotExist if it is a directory or not there."""

    def make_directory(self, location: str, path: str) -> None:
        """Make a directory; InvalidParameterValue if there is a file."""

    def remove_directory(self, location: str, path: str) -> None:
        """Remove an empty directory; InvalidState if something is in it, FileDoesNotExist if it is not there."""

    def delete(self, location: str) -> None:
        """Remove a location, everything in it and the parts of its uploads; harmless if it is gone. What cannot be
        removed does not hold up the rest: the error is raised at the end."""

    def probe(self) -> None:
        """Raise OSError where the store cannot be reached."""


class UploadStore(Protocol):
    """Files on their way in: whole ones, and parts of one."""

    def receive(self, location: str, path: str, chunks: Iterable[bytes]) -> Upload:
        """Take in a body of any size for the file ``path``; if ``chunks`` raises, nothing remains."""

    def receive_part(self, location: str, parts: str, number: int, chunks: Iterable[bytes]) -> Upload:
        """Take in the body of the part of that number; if ``chunks`` raises, nothing remains."""

    def keep(self, upload: Upload, location: str, path: str) -> None:
        """Make an upload the file at ``path``, replacing what was there, in one step that outlasts a power cut.

        NoSuchUpload if it was discarded: exactly one of the two happens.
        """

    def discard(self, name: str) -> None:
        """Forget the upload of that name; harmless if it was kept."""

    def open_parts(self, location: str) -> str:
        """Return a name under which the parts of one file of ``location`` are gathered."""

    def has_parts(self, location: str, parts: str) -> bool:
        """Return whether parts of that name are being gathered."""

    def keep_part(self, upload: Upload, location: str, parts: str, number: int) -> None:
        """Make an upload the part of that number, replacing another one; NoSuchUpload if there are no such parts of
        that location."""

    def join_parts(self, location: str, path: str, parts: str, etags: Mapping[int, str]) -> Upload:
        """Join the parts of the file ``path`` in the order of their numbers.

        InvalidParameterValue when one is missing, or when a tag (SHA-256) that is given is not that of the part.
        """

    def discard_parts(self, location: str, parts: str) -> None:
        """Forget parts; harmless if there are none."""


class Lender(Protocol):
    """Directories for clients on the same file system, which know no other way for files."""

    def lend(self, location: str, name: str, check: Callable[[str, str], None]) -> str:
        """Return a directory ``name`` with the files of a location, as a ``file:`` URI.

        The client may do with it what it likes: nothing in it is shared with the location. Lent again, it lives on,
        and what is missing in it, or was changed, comes again; StorageFull, before that, if there is no room.
        ``check`` gets the path and the SHA-256 of every file that comes, and keeps it out by raising.
        """

    def open_inbox(self, name: str) -> str:
        """Return an empty directory called ``name``, as a ``file:`` URI, into which such a client writes."""

    def inbox_sizes(self, name: str) -> list[int]:
        """Return the sizes of all files in an inbox as they would be taken in: with the holes that a file may have."""

    def inbox_files(self, name: str) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        """Yield path, size and content of every file in an inbox. Links are passed over: they may lead anywhere."""

    def close_inbox(self, name: str) -> None:
        """Remove an inbox; harmless if there is none."""

    def discard_lent(self, before: datetime) -> None:
        """Remove directories that were lent before then."""


def missing(path: str) -> FileDoesNotExist:
    return FileDoesNotExist(f"There is no file or directory {path!r}." if path else "There is no such directory.")


def compared_part(pieces: Iterable[bytes], number: int, etag: str) -> Iterator[bytes]:
    """Pass on the bytes of a part; at its end they are compared with its tag, a SHA-256, if one is given."""
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if etag and etag.strip('"') != digest.hexdigest():
        raise InvalidParameterValue(f"Part {number} is not the one with the tag {etag}.")
