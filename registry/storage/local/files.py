"""Files on the local disk."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from registry.exceptions import InvalidParameterValue, InvalidState
from registry.storage.base import Entry, missing
from registry.storage.local.places import SCHEME, Places, entry, pieces, remove


class LocalFiles:
    def __init__(self, places: Places) -> None:
        self._places = places

    def stat(self, location: str, path: str) -> Entry:
        target = self._places.path(location, path)
        try:
            return entry(path, target.stat(), is_directory=target.is_dir())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise missing(path) from error

    def read(self, location: str, path: str, start: int, length: int) -> Iterator[bytes]:
        try:
            file = self._places.path(location, path).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise missing(path) from error
        return pieces(file, start, length)

    def list_directory(self, location: str, path: str) -> list[Entry]:
        folder = self._places.path(location, path)
        prefix = f"{path}/" if path else ""
        try:
            with os.scandir(folder) as scan:
                entries = [entry(prefix + e.name, e.stat(), is_directory=e.is_dir()) for e in scan]
        except (FileNotFoundError, NotADirectoryError) as error:
            if not path and not folder.exists():
                return []  # a version to which nothing has been written yet
            raise missing(path) from error
        return sorted(entries, key=lambda entry: entry.name)

    def list_files(self, location: str, folder: str = "") -> list[Entry]:
        root = self._places.path(location)
        inside = os.walk(self._places.path(location, folder))
        files = (Path(parent, name) for parent, _, names in inside for name in names)
        entries = [entry(file.relative_to(root).as_posix(), file.stat(), is_directory=False) for file in files]
        return sorted(entries, key=lambda entry: entry.path)

    def delete_file(self, location: str, path: str) -> None:
        try:
            self._places.path(location, path).unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise missing(path) from error

    def make_directory(self, location: str, path: str) -> None:
        try:
            self._places.path(location, path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InvalidParameterValue(f"{path!r} names a directory where there is a file.") from error

    def remove_directory(self, location: str, path: str) -> None:
        try:
            self._places.path(location, path).rmdir()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise missing(path) from error
        except OSError as error:
            raise InvalidState(f"The directory {path!r} is not empty.") from error

    def delete(self, location: str) -> None:
        # Moved aside first: it is gone at once and as a whole, and two that delete it do not meet halfway.
        self._places.incoming.mkdir(parents=True, exist_ok=True)
        for parts in self._places.all_parts(location):
            remove(parts)
        aside = self._places.incoming / str(uuid.uuid4())
        try:
            self._places.path(location).rename(aside)
        except FileNotFoundError:
            return
        remove(aside)

    def locations(self) -> Iterator[str]:
        """Yield every location that holds something, in no order."""
        for folder in self._places.root.glob("[0-9a-f][0-9a-f]/*-*-*-*-*"):
            yield f"{SCHEME}:///{folder.name}"

    def probe(self) -> None:
        next(self._places.root.iterdir(), None)  # raises OSError where the folder cannot be read
