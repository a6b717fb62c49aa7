"""Artifacts on the local disk: ``local:///<uid>`` is the folder ``<root>/<first two digits>/<uid>``."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, ClassVar
from urllib.parse import urlsplit

from registry import durable, limits
from registry.exceptions import FileDoesNotExist, InvalidParameterValue, InvalidState, NoSuchUpload
from registry.storage import room
from registry.storage.base import CHUNK, Draft, Entry
from registry.storage.lending import LentDirectory, discard, open_regular, open_to_all
from registry.storage.paths import artifact_path

logger = logging.getLogger(__name__)


_INBOX = "inbox-"


class LocalStore:
    """Files are written aside and renamed into place, so a reader sees a whole file or none."""

    scheme: ClassVar = "local"

    def __init__(self, root: Path, lent: Path) -> None:
        self.root = root
        self.incoming = root / "incoming"
        self.lent = lent

    def receive(self, chunks: Iterable[bytes]) -> Draft:
        self.incoming.mkdir(parents=True, exist_ok=True)
        name, size, digest = str(uuid.uuid4()), 0, hashlib.sha256()
        try:
            with room.kept_free(self.root), (self.incoming / name).open("xb") as file:
                for chunk in room.watched(chunks, self.root):
                    size += file.write(chunk)
                    digest.update(chunk)
                durable.sync_file(file)
        except BaseException:
            (self.incoming / name).unlink(missing_ok=True)
            raise
        return Draft(name, size, digest.hexdigest())

    def keep(self, draft: Draft, location: str, path: str) -> None:
        target = self._path(location, path)
        try:
            with room.kept_free(self.root):
                target.parent.mkdir(parents=True, exist_ok=True)
                (self.incoming / draft.name).replace(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidParameterValue(
                f"{path!r} names a file where there is a directory, or the other way."
            ) from error

    def settle(self, location: str, path: str) -> None:
        folder = self._path(location, path).parent
        for name in (folder, *folder.parents):
            durable.sync_directory(name)
            if name == self.root:
                break

    def discard(self, draft: Draft) -> None:
        (self.incoming / draft.name).unlink(missing_ok=True)

    def open_parts(self, location: str) -> str:
        name = str(uuid.uuid4())
        self._parts(location, name).mkdir(parents=True)
        return name

    def has_parts(self, location: str, parts: str) -> bool:
        return self._parts(location, parts).is_dir()

    def keep_part(self, draft: Draft, location: str, parts: str, number: int) -> None:
        try:
            (self.incoming / draft.name).replace(self._parts(location, parts) / str(number))
        except FileNotFoundError as error:
            raise NoSuchUpload("There is no such upload: it has been completed, aborted or swept away.") from error

    def join_parts(self, location: str, parts: str, etags: Mapping[int, str]) -> Draft:
        folder = self._parts(location, parts)
        if missing := [number for number in etags if not (folder / str(number)).is_file()]:
            raise InvalidParameterValue(f"Part {min(missing)} has not arrived.")
        return self.receive(chunk for number in sorted(etags) for chunk in _part(folder, number, etags[number]))

    def discard_parts(self, location: str, parts: str) -> None:
        shutil.rmtree(self._parts(location, parts), ignore_errors=True)

    def discard_abandoned(self, before: datetime) -> None:
        for draft in self.incoming.glob("*"):
            try:
                if draft.stat().st_mtime < before.timestamp():
                    _remove(draft)
            except FileNotFoundError:
                pass  # kept or discarded in this moment
            except OSError:  # of several, one that cannot be removed does not keep the others
                logger.exception("The draft %s cannot be removed.", draft.name)

    def discard_drafts(self) -> None:
        for draft in self.incoming.glob("*"):
            if not draft.name.endswith(".parts"):
                _remove(draft)

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

    def delete_file(self, location: str, path: str) -> None:
        try:
            self._path(location, path).unlink()
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
            raise _missing(path) from error

    def make_directory(self, location: str, path: str) -> None:
        try:
            self._path(location, path).mkdir(parents=True, exist_ok=True)
        except (FileExistsError, NotADirectoryError) as error:
            raise InvalidParameterValue(f"{path!r} names a directory where there is a file.") from error

    def remove_directory(self, location: str, path: str) -> None:
        try:
            self._path(location, path).rmdir()
        except (FileNotFoundError, NotADirectoryError) as error:
            raise _missing(path) from error
        except OSError as error:
            raise InvalidState(f"The directory {path!r} is not empty.") from error

    def copy(self, source: str, target: str, path: str, progress: Callable[[int], None]) -> str:
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
        return draft.sha256

    def probe(self) -> None:
        next(self.root.iterdir(), None)  # raises OSError where the folder cannot be read

    def locations(self) -> Iterator[str]:
        for folder in self.root.glob("[0-9a-f][0-9a-f]/*-*-*-*-*"):
            yield f"{self.scheme}:///{folder.name}"

    def delete(self, location: str) -> None:
        # Moved aside first: it is gone at once and as a whole, and two who delete it do not meet half-way.
        self.incoming.mkdir(parents=True, exist_ok=True)
        folder = self._path(location, "")
        for parts in self.incoming.glob(f"{folder.name}.*.parts"):
            _remove(parts)
        aside = self.incoming / str(uuid.uuid4())
        try:
            folder.rename(aside)
        except FileNotFoundError:
            return
        _remove(aside)

    def lend(self, location: str, name: str, check: Callable[[str, str], None]) -> str:
        self._lend_root()
        files = {entry.path: self._path(location, entry.path) for entry in self.list_files(location)}
        lent = LentDirectory(self.lent, name)
        lent.refresh(files, check)
        return lent.folder.as_uri()

    def open_inbox(self, name: str) -> str:
        return self._lend_folder(f"{_INBOX}{name}").as_uri()

    def inbox_sizes(self, name: str) -> list[int]:
        sizes: list[int] = []
        for _, size, file in self._inbox(name):
            file.close()
            sizes.append(size)
        return sizes

    def inbox_files(self, name: str) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        for path, size, file in self._inbox(name):
            with file:
                yield path, size, _pieces(file, 0, size)

    def _inbox(self, name: str) -> Iterator[tuple[str, int, IO[bytes]]]:
        root = self.lent / f"{_INBOX}{name}"
        if not root.is_dir():
            return
        # Opened from directory to directory, so no link that is put there meanwhile is ever followed.
        for folder, _, names, handle in os.fwalk(root, follow_symlinks=False):
            inside = Path(folder).relative_to(root)
            if len(inside.parts) > limits.ARTIFACT_DEPTH:
                raise InvalidParameterValue(f"Directories are nested more than {limits.ARTIFACT_DEPTH} deep.")
            for file in sorted(names):
                descriptor = open_regular(file, handle)
                if descriptor is not None:
                    yield (inside / file).as_posix(), os.fstat(descriptor).st_size, os.fdopen(descriptor, "rb")

    def close_inbox(self, name: str) -> None:
        shutil.rmtree(self.lent / f"{_INBOX}{name}", ignore_errors=True)

    def discard_lent(self, before: datetime) -> None:
        for path in discard(self.lent, before.timestamp(), kept=_INBOX):
            logger.error("The lent directory %s cannot be removed.", path.name)

    def _parts(self, location: str, name: str) -> Path:
        return self.incoming / f"{self._path(location, '').name}.{uuid.UUID(name)}.parts"

    def _lend_root(self) -> None:
        self.lent.mkdir(parents=True, exist_ok=True)
        self.lent.chmod(0o711)

    def _lend_folder(self, name: str) -> Path:
        """A folder that every account of the machine may use, if it is told the name."""
        self._lend_root()
        open_to_all(self.lent / name)
        return self.lent / name

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


def _entry(path: str, found: os.stat_result, *, is_directory: bool) -> Entry:
    modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
    return Entry(path, is_directory, 0 if is_directory else found.st_size, modified_at)


def _part(folder: Path, number: int, etag: str) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with (folder / str(number)).open("rb") as file:
        while piece := file.read(CHUNK):
            digest.update(piece)
            yield piece
    if etag and etag.strip('"') != digest.hexdigest():
        raise InvalidParameterValue(f"Part {number} is not the one with the tag {etag}.")


def _remove(path: Path) -> None:
    """Remove a file, or a directory with as much of it as can be; the first error is raised at the end."""
    errors: list[BaseException] = []
    if path.is_dir():
        shutil.rmtree(path, onerror=lambda function, name, error: errors.append(error[1]))
    else:
        path.unlink()
    if errors:
        raise errors[0]


def _missing(path: str) -> FileDoesNotExist:
    return FileDoesNotExist(f"There is no file or directory {path!r}." if path else "There is no such directory.")
