"""Places of an object store for clients that read and write there by themselves, with a credential.

What is lent for reading is the location itself: its reader cannot write. What a client writes comes into an inbox of
its own, and is copied from there when the version is finalized: a credential that lives on changes nothing then.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime

from registry.exceptions import InvalidState
from registry.storage.objects.bucket import Bucket, Item, remove_below
from registry.storage.objects.places import Place


class ObjectLender:
    def __init__(self, bucket: Bucket, location: str) -> None:
        self._bucket = bucket
        self._base = location.rpartition("/")[0]
        self._root = Place.of(location).base

    def lend(self, location: str, name: str, check: Callable[[str, str], None]) -> str:
        return location

    def open_inbox(self, name: str) -> str:
        return f"{self._base}/inbox/{name}"

    def inbox_sizes(self, name: str) -> list[int]:
        return [item.size for item in self._inbox(name)]

    def inbox_files(self, name: str) -> Iterator[tuple[str, int, Iterator[bytes]]]:
        prefix = self._prefix(name)
        for item in self._inbox(name):
            pieces = self._bucket.read(item.key, 0, item.size)
            if pieces is None:
                raise InvalidState(f"{item.key.removeprefix(prefix)!r} was deleted while the version was finalized.")
            yield item.key.removeprefix(prefix), item.size, pieces

    def close_inbox(self, name: str) -> None:
        remove_below(self._bucket, self._prefix(name))

    def discard_lent(self, before: datetime) -> None:
        """Do nothing: credentials end by themselves."""

    def _inbox(self, name: str) -> list[Item]:
        # Some tools put an empty object where they want a directory: no file has such a name.
        return [item for item in self._bucket.list(self._prefix(name), deep=True) if not item.key.endswith("/")]

    def _prefix(self, name: str) -> str:
        return f"{self._root}inbox/{name}/"
