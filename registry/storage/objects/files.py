"""Files as objects. There are no directories: one comes with the first file in it, and goes with the last."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import datetime

from django.utils import timezone

from registry.exceptions import FileDoesNotExist, InvalidState
from registry.storage.base import Entry, missing
from registry.storage.objects.bucket import Bucket, Item, remove_below
from registry.storage.objects.places import Place


class ObjectFiles:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def stat(self, location: str, path: str) -> Entry:
        place = Place.of(location)
        item = self._bucket.head(place.key(path)) if path else None
        if item is not None:
            return _entry(item, place)
        if not path:
            return Entry(path, True, 0, self._last_change(place))
        if self._is_directory(place, path):
            return Entry(path, True, 0, timezone.now())
        raise missing(path)

    def _last_change(self, place: Place) -> datetime:
        """Return when the newest object was made: that says how old an orphan is."""
        made = (item.modified_at for item in self._bucket.list(place.prefix, deep=True) if item.modified_at)
        return max(made, default=timezone.now())

    def read(self, location: str, path: str, start: int, length: int) -> Iterator[bytes]:
        pieces = self._bucket.read(Place.of(location).key(path), start, length)
        if pieces is None:
            raise missing(path)
        return pieces

    def list_directory(self, location: str, path: str) -> list[Entry]:
        place = Place.of(location)
        prefix = f"{place.key(path)}/" if path else place.prefix
        entries = [_entry(item, place) for item in self._bucket.list(prefix, deep=False)]
        if path and not entries:
            raise missing(path)
        return sorted(entries, key=lambda entry: entry.name)

    def list_files(self, location: str, folder: str = "") -> list[Entry]:
        place = Place.of(location)
        prefix = f"{place.key(folder)}/" if folder else place.prefix
        entries = [_entry(item, place) for item in self._bucket.list(prefix, deep=True)]
        return sorted(entries, key=lambda entry: entry.path)

    def delete_file(self, location: str, path: str) -> None:
        key = Place.of(location).key(path)
        if self._bucket.head(key) is None:
            raise missing(path)
        self._bucket.delete([key])

    def make_directory(self, location: str, path: str) -> None:
        """Do nothing: a directory comes with the first file in it."""

    def remove_directory(self, location: str, path: str) -> None:
        if self._is_directory(Place.of(location), path):
            raise InvalidState(f"The directory {path!r} is not empty.")
        raise FileDoesNotExist(f"There is no directory {path!r}: it would be there if a file were in it.")

    def delete(self, location: str) -> None:
        place = Place.of(location)
        for prefix in (place.prefix, place.parts()):
            remove_below(self._bucket, prefix)

    def locations(self, base: str) -> Iterator[str]:
        """Yield the locations in the folder with the address ``base``."""
        root = Place.of(f"{base}/{uuid.UUID(int=0)}").base
        for item in self._bucket.list(root, deep=False):
            name = item.key.removeprefix(root).strip("/")
            if item.is_prefix and _is_uid(name):
                yield f"{base}/{name}"

    def probe(self) -> None:
        self._bucket.probe()

    def _is_directory(self, place: Place, path: str) -> bool:
        return next(self._bucket.list(f"{place.key(path)}/", deep=False), None) is not None


def _entry(item: Item, place: Place) -> Entry:
    path = item.key.removeprefix(place.prefix).rstrip("/")
    return Entry(path, item.is_prefix, item.size, item.modified_at or timezone.now())


def _is_uid(name: str) -> bool:
    try:
        return str(uuid.UUID(name)) == name
    except ValueError:
        return False
