"""Uploads to an object store: each is an upload in parts there, so that completing or aborting it decides.

The name of an upload is the store's handle and the key that it becomes: any machine can discard it.
"""

from __future__ import annotations

import hashlib
import logging
import uuid
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from registry.exceptions import InvalidParameterValue, NoSuchUpload, StorageUnavailable, TooLarge
from registry.storage.base import Upload, compared_part
from registry.storage.objects.bucket import Bucket
from registry.storage.objects.places import Place

PART = 8 * 1024 * 1024
"""Bytes of each of the first parts. Stores take up to 10,000, so the later ones of a very large file have more."""
LARGE_PART, SMALL_PARTS, MOST_PARTS = 4 * PART, 1_000, 10_000
_AT_ONCE = 2
"""Parts that are on their way to the store while the next one arrives."""

logger = logging.getLogger(__name__)

_OPEN = "0"
"""The object that says that parts of an upload are being gathered."""


class ObjectUploads:
    def __init__(self, bucket: Bucket) -> None:
        self._bucket = bucket

    def receive(self, location: str, path: str, chunks: Iterable[bytes]) -> Upload:
        return self._receive(Place.of(location).key(path), chunks)

    def receive_part(self, location: str, parts: str, number: int, chunks: Iterable[bytes]) -> Upload:
        return self._receive(f"{Place.of(location).parts(parts)}{number}", chunks)

    def keep(self, upload: Upload, location: str, path: str) -> None:
        handle, key = _named(upload.name)
        if key != Place.of(location).key(path):
            raise InvalidParameterValue(f"This upload is not that of {path!r}.")
        self._bucket.complete(key, handle, upload.tags)

    def discard(self, name: str) -> None:
        handle, key = _named(name)
        try:
            self._bucket.abort(key, handle)
        except StorageUnavailable as error:  # it is swept away later
            logger.warning("The upload of %s cannot be discarded yet: %s", key, error.message)

    def open_parts(self, location: str) -> str:
        name = str(uuid.uuid4())
        key = Place.of(location).parts(name) + _OPEN
        self._bucket.complete(key, handle := self._bucket.begin(key), [self._bucket.put_part(key, handle, 1, b"")])
        return name

    def has_parts(self, location: str, parts: str) -> bool:
        return self._bucket.head(Place.of(location).parts(parts) + _OPEN) is not None

    def keep_part(self, upload: Upload, location: str, parts: str, number: int) -> None:
        if not self.has_parts(location, parts):
            raise NoSuchUpload("This upload doesn't exist: it was completed, aborted or has expired.")
        handle, key = _named(upload.name)
        self._bucket.complete(key, handle, upload.tags)

    def join_parts(self, location: str, path: str, parts: str, etags: Mapping[int, str]) -> Upload:
        place = Place.of(location)
        prefix = place.parts(parts)
        sizes = {item.key.removeprefix(prefix): item.size for item in self._bucket.list(prefix, deep=True)}
        if missing := [number for number in etags if str(number) not in sizes]:
            raise InvalidParameterValue(f"Part {min(missing)} has not arrived.")
        return self._receive(
            place.key(path),
            (chunk for number in sorted(etags) for chunk in self._part(prefix, number, sizes[str(number)], etags)),
        )

    def _part(self, prefix: str, number: int, size: int, etags: Mapping[int, str]) -> Iterator[bytes]:
        pieces = self._bucket.read(f"{prefix}{number}", 0, size)
        if pieces is None:
            raise NoSuchUpload("This upload doesn't exist: it was completed, aborted or has expired.")
        return compared_part(pieces, number, etags[number])

    def discard_parts(self, location: str, parts: str) -> None:
        # The object that says that they are gathered goes first: no part is kept after it.
        prefix = Place.of(location).parts(parts)
        self._bucket.delete([prefix + _OPEN])
        self._bucket.delete(item.key for item in self._bucket.list(prefix, deep=True))

    def discard_abandoned(self, base: str, before: datetime) -> None:
        """Forget uploads, and parts of some, in the folder with the address ``base`` that were begun before then."""
        root = Place.of(f"{base}/{uuid.UUID(int=0)}").base
        for key, handle in self._bucket.unfinished(root, before):
            self._bucket.abort(key, handle)
        for folder in ("incoming", "inbox"):
            self._delete_old(f"{root}{folder}/", before)

    def _delete_old(self, prefix: str, before: datetime) -> None:
        """Delete what is below ``prefix``, each folder of it if nothing has come since then: its client goes on."""
        for folder in [item.key for item in self._bucket.list(prefix, deep=False) if item.is_prefix]:
            items = list(self._bucket.list(folder, deep=True))
            if all(item.modified_at is None or item.modified_at < before for item in items):
                self._bucket.delete(item.key for item in items)

    def _receive(self, key: str, chunks: Iterable[bytes]) -> Upload:
        handle, digest, size = self._bucket.begin(key), hashlib.sha256(), 0
        try:
            with _Sender(self._bucket, key, handle) as sender:
                for piece in _grouped(chunks):
                    sender.send(piece)
                    digest.update(piece)
                    size += len(piece)
                tags = sender.tags()
        except BaseException:
            self._bucket.abort(key, handle)
            raise
        return Upload(f"{handle} {key}", size, digest.hexdigest(), tags)


class _Sender:
    """Sends parts, some at once: while the next arrives, and is counted, the last ones are on their way."""

    def __init__(self, bucket: Bucket, key: str, handle: str) -> None:
        self._bucket, self._key, self._handle = bucket, key, handle
        self._pool = ThreadPoolExecutor(_AT_ONCE)
        self._sent: list[Future[str]] = []
        self._waiting: deque[Future[str]] = deque()

    def __enter__(self) -> _Sender:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

    def send(self, content: bytes) -> None:
        if len(self._waiting) == _AT_ONCE:
            self._waiting.popleft().result()
        number = len(self._sent) + 1
        future = self._pool.submit(self._bucket.put_part, self._key, self._handle, number, content)
        self._sent.append(future)
        self._waiting.append(future)

    def tags(self) -> tuple[str, ...]:
        """Wait for all parts, and return their tags."""
        return tuple(future.result() for future in self._sent)


def _grouped(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of ``chunks`` in parts, at least one: the last may have any size."""
    held, number = bytearray(), 1
    for chunk in chunks:
        held += chunk
        if len(held) >= (PART if number <= SMALL_PARTS else LARGE_PART):
            if number == MOST_PARTS:
                raise TooLarge("An object store takes no file of that size.")
            part, held, number = bytes(held), bytearray(), number + 1
            yield part
    if held or number == 1:
        yield bytes(held)


def _named(name: str) -> tuple[str, str]:
    """Return the handle and the key that the name of an upload consists of."""
    handle, _, key = name.partition(" ")
    return handle, key
