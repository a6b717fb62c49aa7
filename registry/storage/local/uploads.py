"""Uploads on the local disk: bytes are written aside and renamed into place, so a reader sees a whole file or none."""

from __future__ import annotations

import hashlib
import logging
import shutil
import uuid
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path

from registry import durable
from registry.exceptions import InvalidParameterValue, NoSuchUpload
from registry.storage import room
from registry.storage.base import CHUNK, Upload, compared_part
from registry.storage.local.clones import clone
from registry.storage.local.places import Places, remove

logger = logging.getLogger(__name__)


class LocalUploads:
    def __init__(self, places: Places) -> None:
        self._places = places

    def receive(self, location: str, path: str, chunks: Iterable[bytes]) -> Upload:
        return self._receive(chunks)

    def receive_part(self, location: str, parts: str, number: int, chunks: Iterable[bytes]) -> Upload:
        return self._receive(chunks)

    def _receive(self, chunks: Iterable[bytes]) -> Upload:
        self._places.incoming.mkdir(parents=True, exist_ok=True)
        name, size, digest = str(uuid.uuid4()), 0, hashlib.sha256()
        aside = self._places.upload(name)
        try:
            with room.kept_free(self._places.root), aside.open("xb") as file:
                for chunk in room.watched(chunks, self._places.root):
                    size += file.write(chunk)
                    digest.update(chunk)
                durable.sync_file(file)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise
        return Upload(name, size, digest.hexdigest())

    def keep(self, upload: Upload, location: str, path: str) -> None:
        target, aside = self._places.path(location, path), self._places.upload(upload.name)
        try:
            with room.kept_free(self._places.root):
                target.parent.mkdir(parents=True, exist_ok=True)
                aside.replace(target)
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise InvalidParameterValue(
                f"{path!r} names a file where there is a directory, or the other way."
            ) from error
        except FileNotFoundError as error:
            raise NoSuchUpload(f"The upload of {path!r} was discarded in the meantime.") from error
        self._settle(target.parent)

    def _settle(self, folder: Path) -> None:
        """Make the names in ``folder``, and of the folders that it is in, outlast a power cut."""
        for name in (folder, *folder.parents):
            durable.sync_directory(name)
            if name == self._places.root:
                break

    def discard(self, name: str) -> None:
        self._places.upload(name).unlink(missing_ok=True)

    def link(self, source: str, path: str, location: str, to: str) -> bool:
        """Make the file ``path`` of the location ``source`` the file ``to`` as well, and return whether that worked.

        The two share their blocks, or, where the file system cannot do that, one file: none is ever written in place.
        """
        aside = self._places.upload(str(uuid.uuid4()))
        self._places.incoming.mkdir(parents=True, exist_ok=True)
        try:
            if not clone(self._places.path(source, path), aside):
                return False
            self.keep(Upload(aside.name, 0, ""), location, to)
        finally:
            aside.unlink(missing_ok=True)
        return True

    def open_parts(self, location: str) -> str:
        name = str(uuid.uuid4())
        self._places.parts(location, name).mkdir(parents=True)
        return name

    def has_parts(self, location: str, parts: str) -> bool:
        return self._places.parts(location, parts).is_dir()

    def keep_part(self, upload: Upload, location: str, parts: str, number: int) -> None:
        try:
            self._places.upload(upload.name).replace(self._places.parts(location, parts) / str(number))
        except FileNotFoundError as error:
            raise NoSuchUpload("This upload doesn't exist: it was completed, aborted or has expired.") from error

    def join_parts(self, location: str, path: str, parts: str, etags: Mapping[int, str]) -> Upload:
        folder = self._places.parts(location, parts)
        if missing := [number for number in etags if not (folder / str(number)).is_file()]:
            raise InvalidParameterValue(f"Part {min(missing)} has not arrived.")
        return self._receive(chunk for number in sorted(etags) for chunk in _part(folder, number, etags[number]))

    def discard_parts(self, location: str, parts: str) -> None:
        shutil.rmtree(self._places.parts(location, parts), ignore_errors=True)

    def discard_abandoned(self, before: datetime) -> None:
        """Forget uploads that were begun before then: their receivers were killed."""
        for upload in self._places.incoming.glob("*"):
            try:
                if upload.stat().st_mtime < before.timestamp():
                    remove(upload)
            except FileNotFoundError:
                pass  # kept or discarded at this very moment
            except OSError:  # of several, one that cannot be removed does not keep the others
                logger.exception("The upload %s cannot be removed.", upload.name)

    def discard_all(self) -> None:
        """Forget every upload, when it is known that no one is sending one. Parts stay: their client goes on."""
        for upload in self._places.incoming.glob("*"):
            if not upload.name.endswith(".parts"):
                remove(upload)


def _part(folder: Path, number: int, etag: str) -> Iterator[bytes]:
    with (folder / str(number)).open("rb") as file:
        yield from compared_part(iter(lambda: file.read(CHUNK), b""), number, etag)
