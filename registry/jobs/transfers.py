"""Moving the files of a version, several at once. Rows are written by one thread, as their files arrive."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from threading import Event, Lock

from registry.exceptions import FileDoesNotExist, InvalidState
from registry.models import Job, ModelVersion
from registry.services.artifacts import inventory
from registry.services.artifacts.inventory import StoredFile
from registry.services.artifacts.sources import Source
from registry.storage import copy_within, write_through

AT_ONCE = 4
"""Files that are on their way at the same time: each holds some megabytes."""
_LOOKS_EVERY = 0.5
"""Seconds after which the worker shows that it lives, however large the files are."""


def copy_files(job: Job, source: Source, target: ModelVersion, files: Sequence[StoredFile]) -> None:
    """Copy ``files`` to ``target``, with their rows. Those that a worker before this one has copied stay."""
    remaining = _without_copied(job, source, target, files)
    with _Movers() as movers:
        pending = {movers.start(source, file, target.storage_location): file for file in remaining[:AT_ONCE]}
        waiting = iter(remaining[AT_ONCE:])
        while pending:
            ended = wait(pending, _LOOKS_EVERY, FIRST_COMPLETED).done
            job.advance(movers.take_moved())
            for future in ended:
                file = pending.pop(future)
                _note(source, target, file, future.result())
                job.file_done()
                if (following := next(waiting, None)) is not None:
                    pending[movers.start(source, following, target.storage_location)] = following


def _without_copied(job: Job, source: Source, target: ModelVersion, files: Sequence[StoredFile]) -> list[StoredFile]:
    """Return those of ``files`` that are not there yet, as they are now at their source."""
    if not (rows := inventory.rows_of(target)):
        return list(files)
    listed = {entry.path: entry.size for entry in inventory.listed(target)}
    copied = {row.path: row for row in rows if listed.get(row.path) == row.size}
    there = [file for file in files if file.path in copied and _is_that(source, file, copied[file.path])]
    job.file_done(len(there))
    job.advance(sum(file.size for file in there))
    known = set(there)
    return [file for file in files if file not in known]


def _is_that(source: Source, file: StoredFile, copied: StoredFile) -> bool:
    """Whether a file of the source is what was copied. Where no digest is known, it is if it cannot have changed."""
    is_same = file.sha256 == copied.sha256 if file.sha256 else source.is_immutable
    return is_same and file.size == copied.size


def _note(source: Source, target: ModelVersion, file: StoredFile, sha256: str) -> None:
    """Note the digest of a file that was copied, which must be what it was when the source's file arrived."""
    if file.sha256 and file.sha256 != sha256:
        raise source.damaged(file, f"its SHA-256 has changed from {file.sha256}")
    target.artifacts.update_or_create(path=file.path, defaults={"size": file.size, "sha256": sha256})


class _Movers:
    """Threads that move bytes and know no database."""

    def __init__(self) -> None:
        self._pool, self._stopped, self._lock, self._moved = ThreadPoolExecutor(AT_ONCE), Event(), Lock(), 0

    def __enter__(self) -> _Movers:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._pool.shutdown(cancel_futures=True)

    def start(self, source: Source, file: StoredFile, location: str) -> Future[str]:
        return self._pool.submit(self._move, source, file, location)

    def take_moved(self) -> int:
        """Return how many bytes were moved since the last time."""
        with self._lock:
            moved, self._moved = self._moved, 0
        return moved

    def _move(self, source: Source, file: StoredFile, location: str) -> str:
        """Copy one file, and return its SHA-256. Where the store copies by itself, it is that of the source's file."""
        with _named(file.path):
            if source.is_immutable and file.sha256 and self._within(source, file, location):
                return file.sha256
            return self._read_and_write(source, file, location)

    def _read_and_write(self, source: Source, file: StoredFile, location: str) -> str:
        upload = write_through(source.read(file), location, file.path, self._progress)
        if upload.size != file.size:  # a server may have told another one
            raise source.damaged(file, f"{upload.size} bytes came, not {file.size}")
        return upload.sha256

    def _within(self, source: Source, file: StoredFile, location: str) -> bool:
        place = source.prefix + file.path
        return copy_within(source.location, place, file.size, location, file.path, self._progress)

    def _progress(self, size: int) -> None:
        if self._stopped.is_set():
            raise InvalidState("The copy was stopped.")
        with self._lock:
            self._moved += size


@contextmanager
def _named(path: str) -> Iterator[None]:
    try:
        yield
    except FileDoesNotExist as error:
        raise InvalidState(f"{path!r} was deleted while it was copied.") from error
