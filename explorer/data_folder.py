"""The folder that everything is written to: made when it is missing, and what is wrong with it said in a sentence."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError

FOLDERS = ("tmp", "queue/messages", "queue/control", "artifacts")
_WORDS = {
    errno.ENOSPC: "its disk is full: make room, or choose another DATA_DIR",
    errno.EDQUOT: "its quota is used up: make room, or choose another DATA_DIR",
    errno.EROFS: "its file system is read-only",
    errno.EACCES: "this account may not write there",
    errno.EPERM: "this account may not write there",
}
_OF_SQLITE = ("disk is full", "readonly database", "unable to open database file", "disk I/O error")


def prepare(folder: Path) -> None:
    """Make ``folder`` and what belongs in it."""
    with failing_in_a_sentence(folder):
        for name in FOLDERS:
            (folder / name).mkdir(parents=True, exist_ok=True)


@contextmanager
def failing_in_a_sentence(folder: Path) -> Iterator[None]:
    """Raise ImproperlyConfigured, in words, where ``folder`` cannot be written to."""
    try:
        yield
    except OSError as error:
        why = _WORDS.get(error.errno or 0)
        if why is None:
            raise
        raise ImproperlyConfigured(f"Nothing can be written to {folder}: {why}.") from error
    except OperationalError as error:
        why = ": its disk is full, or read-only" if any(words in str(error) for words in _OF_SQLITE) else ""
        raise ImproperlyConfigured(f"The database cannot be used ({' '.join(str(error).split())}){why}.") from error
