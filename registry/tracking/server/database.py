"""The tables of MLflow: made, or brought up to date, when the process starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlflow.store.db import utils
from sqlalchemy import Engine, event, text

from registry.tracking.names import SCHEMA
from registry.tracking.server.scope import narrowed_to
from registry.tracking.server.store import NarrowedStore

ARTIFACT_ROOT = "mlflow-artifacts:/"
"""Where runs say that their artifacts lie; the door keeps those itself."""
_LOCK = 7_231_984_020
"""The advisory lock that one of several servers holds while it makes or changes the tables."""


def open_store(url: str) -> NarrowedStore:
    """Return the store over the database at ``url`` (SQLAlchemy's form), with its tables up to date."""
    engine = NarrowedStore._get_or_create_engine(url)  # the very engine that the store will use
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        engine.dispose()
    with _alone(engine), narrowed_to("*"):
        if utils._all_tables_exist(engine):
            utils._upgrade_db(engine)
        store = NarrowedStore(url, ARTIFACT_ROOT)
    if engine.dialect.name == "postgresql":  # now that tables may take no longer than that
        event.listen(engine, "connect", _limit_statements)
        engine.dispose()
    return store


def _set_up_sqlite(connection: Any, record: object) -> None:
    """Let readers go on beside a writer, survive a power cut, and try no regular expressions.

    Python would try those within SQLite, with every other thread of the process waiting: one can take hours.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()
    connection.create_function("regexp", 2, _refuse_expression)


def _refuse_expression(pattern: str, text: str) -> bool:
    raise ValueError("Regular expressions are not tried on SQLite.")


def _limit_statements(connection: Any, record: object) -> None:
    """End what takes longer than our door waits for."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = '25s'")
    connection.commit()


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Let one server at a time change the tables. SQLite's file has one server."""
    if engine.dialect.name != "postgresql":
        yield
        return
    with engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
        try:
            connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}"))
            connection.commit()
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": _LOCK})
