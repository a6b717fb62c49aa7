"""Room on the disk: what does not fit is refused before the database cannot commit, and a reserve helps it out.

The reserve is a file of some megabytes. It is removed when the disk is full, so that there is room for the rows that
say what is to be deleted, and made again when there is plenty.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings

from registry.conflicts import DISK_FULL
from registry.exceptions import StorageFull

RESERVE = 16 * 1024 * 1024
"""Bytes of the reserve."""
LEAST = 32 * 1024 * 1024
"""Bytes that uploads leave free, besides the reserve."""
_EVERY = 16 * 1024 * 1024
"""Bytes after which the free room is looked at again."""


def require(size: int, root: Path) -> None:
    """Raise StorageFull unless ``size`` more bytes fit below ``root``."""
    if free(root) - size < LEAST:
        raise StorageFull(f"There is no room for {size} more bytes: the storage is full.")


def free(root: Path) -> int:
    """Return how many bytes can be written below ``root``."""
    root.mkdir(parents=True, exist_ok=True)
    return shutil.disk_usage(root).free


def is_full(root: Path) -> bool:
    """Return whether there is nearly no room: not for all that notes what is to be deleted."""
    return free(root) < RESERVE // 2


def watched(chunks: Iterable[bytes], root: Path) -> Iterator[bytes]:
    """Hand ``chunks`` on as long as there is room for them."""
    unseen = _EVERY  # looked at before the first
    for chunk in chunks:
        if unseen >= _EVERY:
            require(len(chunk), root)
            unseen = 0
        unseen += len(chunk)
        yield chunk


@contextmanager
def kept_free(root: Path) -> Iterator[None]:
    """Report a full disk as StorageFull, and give up the reserve: what is deleted next can be noted."""
    try:
        yield
    except StorageFull:
        keep_reserve(root)
        raise
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        give_up_reserve()
        raise StorageFull("There is no room for that: the storage is full.") from error


def keep_reserve(root: Path) -> None:
    """Make the reserve where there is plenty of room, and give it up where there is nearly none."""
    if is_full(root):
        give_up_reserve()
    elif free(root) > LEAST + 2 * RESERVE and not settings.RESERVE_FILE.exists():
        _make_reserve(settings.RESERVE_FILE)


def give_up_reserve() -> None:
    """Remove the reserve; harmless if it is gone."""
    settings.RESERVE_FILE.unlink(missing_ok=True)


def _make_reserve(path: Path) -> None:
    with suppress(OSError), path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, RESERVE)
