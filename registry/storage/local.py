"""Artifacts on the local disk: ``local:///<uid>`` is the folder ``<root>/<first two digits>/<uid>``."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, ClassVar
from urllib.parse import urlsplit

from registry.exceptions import FileDoesNotExist, InvalidParameterValue
from registry.storage.base import CHUNK, Draft, Entry, artifact_path


class LocalStore:
    """Files are written aside and renamed into place, so a reader sees a whole file or none."""

    scheme: ClassVar = "local"

    def __init__(self, root: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"

    def receive(self, chunks: Iterable[bytes]) -> Draft:
        self.incoming.mkdir(parents=True, exist_ok=True)
        name, size = str(uuid.uuid4()), 0
        try:
            with (self.incoming / name).open("xb") as file:
                for chunk in chunks:
                    size += file.write(chunk)
        except BaseException:
            (self.incoming / name).unlink(missing_ok=True)
            raise
        return Draft(name, size)

    def keep(self, draft: Draft, location: str, path: str) -> None:
        target = self._path(location, path)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            (self.incoming / draft.name).replace(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidParameterValue(
                f"{path!r} names a file where there is a directory, or the other way."
            ) from error

    def discard(self, draft: Draft) -> None:
        (self.incoming / draft.name).unlink(missing_ok=True)

    def discard_abandoned(self, before: datetime) -> None:
        for draft in self.incoming.glob("*"):
            try:
                if draft.stat().st_mtime < before.timestamp():
                    _remove(draft)
            except FileNotFoundError:
                pass  # kept or discarded in this moment

    def stat(self, location: str, path: str) -> Entry:
        target = self._path(location, path)
        try:
            return _entry(path, target.stat(), is_directory=target.is_dir())
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _missing(path) from error

    def read(self, location: str, path: str, start: int, length: int) -> Iterator[bytes]:
        try:
            file = self._path(location, path).open("rb")
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise _missing(path) from error
        return _pieces(file, start, length)

    def list_directory(self, location: str, path: str) -> list[Entry]:
        folder = self._path(location, path)
        prefix = f"{path}/" if path else ""
        try:
            with os.scandir(folder) as found:
                entries = [_entry(prefix + e.name, e.stat(), is_directory=e.is_dir()) for e in found]
        except (FileNotFoundError, NotADirectoryError) as error:
            if not path and not folder.exists():
                return []  # a version to which nothing has been written yet
            raise _missing(path) from error
        return sorted(entries, key=lambda entry: entry.name)

    def list_files(self, location: str) -> list[Entry]:
        root = self._path(location, "")
        files = (Path(folder, name) for folder, _, names in os.walk(root) for name in names)
        entries = [_entry(file.relative_to(root).as_posix(), file.stat(), is_directory=False) for file in files]
        return sorted(entries, key=lambda entry: entry.path)

    def copy(self, source: str, target: str, path: str, progress: Callable[[int], None]) -> None:
        size = self.stat(source, path).size

        def pieces() -> Iterator[bytes]:
            for piece in self.read(source, path, 0, size):
                yield piece
                progress(len(piece))

        draft = self.receive(pieces())
        try:
            self.keep(draft, target, path)
        finally:
            self.discard(draft)

    def delete(self, location: str) -> None:
        # Moved aside first: it is gone at once and as a whole, and two who delete it do not meet half-way.
        self.incoming.mkdir(parents=True, exist_ok=True)
        aside = self.incoming / str(uuid.uuid4())
        try:
            self._path(location, "").rename(aside)
        except FileNotFoundError:
            return
        _remove(aside)

    def _path(self, location: str, path: str) -> Path:
        """The place of a file; a location that is not a uid, or a path that leaves it, is refused here."""
        try:
            uid = str(uuid.UUID(urlsplit(location).path.strip("/")))
        except ValueError as error:
            raise InvalidParameterValue(f"{location!r} is not a location on the local disk.") from error
        folder = self.root / uid[:2] / uid
        return folder / artifact_path(path) if path else folder


def _pieces(file: IO[bytes], start: int, length: int) -> Iterator[bytes]:
    with file:
        file.seek(start)
        while length > 0 and (piece := file.read(min(CHUNK, length))):
            length -= len(piece)
            yield piece


def _entry(path: str, stat: os.stat_result, *, is_directory: bool) -> Entry:
    modified_at = datetime.fromtimestamp(stat.st_mtime, UTC)
    return Entry(path, is_directory, 0 if is_directory else stat.st_size, modified_at)


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _missing(path: str) -> FileDoesNotExist:
    return FileDoesNotExist(f"There is no file or directory {path!r}." if path else "There is no such directory.")
