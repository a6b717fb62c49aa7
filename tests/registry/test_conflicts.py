"""Which errors of a database are of a moment, so that whoever asks may ask again."""

import psycopg
import pytest
from django.db import InterfaceError, OperationalError, ProgrammingError

from registry.conflicts import is_passing


def raised(kind, cause):
    """An error as Django raises it: of its own kind, from the driver's."""
    error = kind(*cause.args)
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.OperationalError("could not receive data from server: Connection reset by peer"),
        psycopg.OperationalError("consuming input failed: SSL SYSCALL error: EOF detected"),
        psycopg.OperationalError("sending query failed: Broken pipe"),
        psycopg.OperationalError("the connection is lost"),
        psycopg.errors.AdminShutdown("terminating connection due to administrator command"),
        psycopg.errors.CannotConnectNow("the database system is in recovery mode"),
        psycopg.errors.CrashShutdown("terminating connection because of crash of another server process"),
        psycopg.errors.DeadlockDetected("deadlock detected"),
        psycopg.errors.LockNotAvailable("canceling statement due to lock timeout"),
        psycopg.errors.TooManyConnections("sorry, too many clients already"),
    ],
    ids=lambda cause: str(cause)[:30],
)
def test_a_connection_that_was_lost_and_a_lock_pass(cause):
    assert is_passing(raised(OperationalError, cause))


@pytest.mark.parametrize(
    "cause",
    [
        psycopg.errors.DiskFull("could not extend file: No space left on device"),
        psycopg.errors.QueryCanceled("canceling statement due to statement timeout"),
    ],
)
def test_a_full_disk_and_a_statement_that_takes_too_long_do_not(cause):
    assert not is_passing(raised(OperationalError, cause))


@pytest.mark.parametrize(
    "error",
    [
        InterfaceError("connection already closed"),
        ProgrammingError("Cannot open a new connection in an atomic block."),
        OperationalError("database is locked"),
    ],
)
def test_what_django_and_sqlite_say_in_words(error):
    assert is_passing(error)


def test_a_defect_of_ours_does_not_pass():
    assert not is_passing(ProgrammingError("column x does not exist"))
    assert not is_passing(ValueError("connection"))
