"""Files that lie elsewhere and are only read: below the addresses that REGISTER_FROM allows.

A location is ``elsewhere+`` and the address of a folder, on this machine's disk or in an object store.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from django.utils import timezone

from registry.exceptions import InvalidState
from registry.storage.base import Entry, missing
from registry.storage.local.places import pieces
from registry.storage.paths import artifact_path
from registry.storage.roots import FILE, bucket_of

PREFIX = "elsewhere+"


def location_of(address: str) -> str:
    """Return the location of a folder with that address."""
    return f"{PREFIX}{address.rstrip('/')}"


def resolved(address: str) -> str:
    """Return the address of a folder on the disk without links: what it is below is asked of where it leads."""
    if urlsplit(address).scheme != FILE:
        return address
    return f"{FILE}://{os.path.realpath(urlsplit(address).path)}"


def is_elsewhere(location: str) -> bool:
    return location.startswith(PREFIX)


class ElsewhereFiles:
    """Reads, and refuses everything else."""

    def stat(self, location: str, path: str) -> Entry:
        entry = next((entry for entry in self.list_files(location) if entry.path == path), None)
        if entry is None:
            raise missing(path)
        return entry

    def read(self, location: str, path: str, start: int, length: int) -> Iterator[bytes]:
        address = location.removeprefix(PREFIX)
        if urlsplit(address).scheme == FILE:
            return _read(Path(urlsplit(address).path), artifact_path(path), start, length)
        pieces = bucket_of(address).read(f"{_key(address)}{artifact_path(path)}", start, length)
        if pieces is None:
            raise missing(path)
        return pieces

    def list_directory(self, location: str, path: str) -> list[Entry]:
        raise _read_only()

    def list_files(self, location: str, folder: str = "") -> list[Entry]:
        address = location.removeprefix(PREFIX)
        if urlsplit(address).scheme == FILE:
            return sorted(_walk(Path(urlsplit(address).path)), key=lambda entry: entry.path)
        items = bucket_of(address).list(_key(address), deep=True)
        files = ((item.key.removeprefix(_key(address)), item) for item in items if not item.key.endswith("/"))
        return [Entry(path, False, item.size, item.modified_at or timezone.now()) for path, item in files]

    def delete_file(self, location: str, path: str) -> None:
        raise _read_only()

    def make_directory(self, location: str, path: str) -> None:
        raise _read_only()

    def remove_directory(self, location: str, path: str) -> None:
        raise _read_only()

    def delete(self, location: str) -> None:
        raise _read_only()

    def probe(self) -> None:
        """Do nothing: it is asked for when it is needed."""


def _key(address: str) -> str:
    return f"{urlsplit(address).path.strip('/')}/"


def _walk(root: Path) -> Iterator[Entry]:
    """Yield the regular files below a folder. No link is followed: it may lead anywhere."""
    for folder, _, names in os.walk(root, followlinks=False):
        for name in names:
            path = Path(folder, name)
            stats = path.lstat()
            if stat.S_ISREG(stats.st_mode):
                modified_at = datetime.fromtimestamp(stats.st_mtime, UTC)
                yield Entry(path.relative_to(root).as_posix(), False, stats.st_size, modified_at)


def _read(root: Path, path: str, start: int, length: int) -> Iterator[bytes]:
    """Open from folder to folder, so no link is followed, also none that was put there in the meantime."""
    *folders, name = path.split("/")
    flags = os.O_RDONLY | os.O_NOFOLLOW
    handle = -1
    try:
        handle = os.open(root.resolve(strict=True), flags | os.O_DIRECTORY)
        for folder in folders:
            inner = os.open(folder, flags | os.O_DIRECTORY, dir_fd=handle)
            os.close(handle)
            handle = inner
        file = os.fdopen(os.open(name, flags | os.O_NONBLOCK, dir_fd=handle), "rb")
    except OSError as error:
        raise missing(path) from error
    finally:
        if handle >= 0:
            os.close(handle)
    return pieces(file, start, length)


def _read_only() -> InvalidState:
    return InvalidState("What lies elsewhere is only read.")
