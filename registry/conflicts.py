"""What an error of the database means when two hands were at work: wait and ask again, or something has gone."""

import errno

from django.db import IntegrityError, InterfaceError, OperationalError, ProgrammingError

from registry import database_words

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
"""What the system says when there is no room."""
_LOST = ("connection already closed", "Cannot open a new connection in an atomic block")
"""What Django says to the next statement, once the connection was lost within a transaction."""
_FULL = ("disk is full", "No space left on device", "disk I/O error")


def is_passing(error: BaseException) -> bool:
    """Whether the same request can succeed a moment later, unchanged."""
    if isinstance(error, OperationalError):
        return database_words.is_passing(error.__cause__ or error)
    return isinstance(error, InterfaceError | ProgrammingError) and any(words in str(error) for words in _LOST)


def is_full(error: BaseException) -> bool:
    """Whether the database, or the disk on which a form waits, had no room for what was to be written."""
    if isinstance(error, OSError):
        return error.errno in DISK_FULL
    return isinstance(error, OperationalError) and any(words in str(error) for words in _FULL)


def is_taken(error: BaseException) -> bool:
    """Whether there was such a row already at the moment when another one was to be written."""
    return isinstance(error, IntegrityError) and "unique constraint" in str(error).lower()


def is_gone(error: BaseException) -> bool:
    """Whether a row was to refer to another one that was deleted in the meantime."""
    return isinstance(error, IntegrityError) and "foreign key" in str(error).lower()
