"""What a store in the cloud has to do. Its errors are StorageUnavailable, in words for people who wait for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol


@dataclass(frozen=True)
class Item:
    """An object, or (``is_prefix``) all of those whose keys begin with ``key``, which ends with a slash."""

    key: str
    size: int
    modified_at: datetime | None
    is_prefix: bool = False


@dataclass(frozen=True)
class Credential:
    """What lets its holder into one place of a store for a while; ``fields`` are named as the store's own SDK does."""

    kind: str
    fields: dict[str, str]
    expires_at: datetime


def remove_below(bucket: Bucket, prefix: str) -> None:
    """Remove the objects whose keys begin with ``prefix``, and the uploads that would become some."""
    for key, handle in bucket.unfinished(prefix):
        bucket.abort(key, handle)
    bucket.delete(item.key for item in bucket.list(prefix, deep=True))


class Bucket(Protocol):
    """One bucket. Keys are texts without a leading slash; nothing is a directory."""

    def head(self, key: str) -> Item | None:
        """Return the object, or None if there is none."""

    def read(self, key: str, start: int, length: int) -> Iterator[bytes] | None:
        """Return ``length`` bytes from ``start``, in pieces; None, at once, if there is no such object."""

    def list(self, prefix: str, *, deep: bool) -> Iterator[Item]:
        """Yield the objects whose keys begin with ``prefix``, by key; unless ``deep``, those that have another slash
        after it as one prefix."""

    def delete(self, keys: Iterable[str]) -> None:
        """Remove objects; harmless if they are gone."""

    def begin(self, key: str) -> str:
        """Begin an upload that becomes the object ``key``, and return its handle, which has no blanks."""

    def put_part(self, key: str, handle: str, number: int, content: bytes) -> str:
        """Take in the part of that number (from 1), and return its tag."""

    def complete(self, key: str, handle: str, tags: Sequence[str]) -> None:
        """Make the parts the object, in one step; NoSuchUpload if the upload was aborted: one of the two happens."""

    def abort(self, key: str, handle: str) -> None:
        """Forget an upload; harmless if it has ended."""

    def unfinished(self, prefix: str, before: datetime | None = None) -> Iterator[tuple[str, str]]:
        """Yield key and handle of the uploads below ``prefix`` that were begun before then (of all, for None)."""

    def copy(self, bucket: str, source: str, key: str, size: int, progress: Callable[[int], None]) -> None:
        """Have the store copy an object of ``size`` bytes of any of its buckets; FileDoesNotExist if it is not there.
        ``progress`` is called for every piece, and stops the copy by raising."""

    def link(self, key: str, lifetime: timedelta) -> str:
        """Return an address from which anyone can download the object for a while."""

    def credential(self, prefix: str, lifetime: timedelta, *, write: bool) -> Credential:
        """Return what reads (or also writes) the objects below ``prefix``, and nothing else; InvalidState where the
        installation has not been told how to get one."""

    def probe(self) -> None:
        """Raise StorageUnavailable where the bucket cannot be reached."""
