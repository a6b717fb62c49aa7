"""The tables of MLflow: created, or brought up to date, when the process starts."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from mlflow.store.db import utils
from sqlalchemy import Connection, Engine, event, text

from registry.tracking.names import SCHEMA
from registry.tracking.server.scope import narrowed_to
from registry.tracking.server.store import NarrowedStore

ARTIFACT_ROOT = "mlflow-artifacts:/"
"""Where runs say that their artifacts are; the door keeps those itself."""
_LONGEST = 25
"""Seconds that a statement may take: our door waits a little longer."""
_COUNTED_EVERY = 600
"""Seconds after which tables are counted again."""
_LOCK = 7_231_984_020
"""The advisory lock that one of several servers holds while it creates or changes the tables."""


def open_store(url: str) -> NarrowedStore:
    """Return the store for the database at ``url`` (SQLAlchemy's form), with its tables up to date."""
    engine = NarrowedStore._get_or_create_engine(url)  # the very engine that the store will use
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "before_cursor_execute", _begin_statement)
        engine.dispose()
    with _alone(engine), narrowed_to("*"):
        if utils._all_tables_exist(engine):
            utils._upgrade_db(engine)
        store = NarrowedStore(url, ARTIFACT_ROOT)
        _add_index(engine)
    if engine.dialect.name == "postgresql":  # from now on, statements may take no longer than that
        event.listen(engine, "connect", _limit_statements)
        engine.dispose()
    return store


def _set_up_sqlite(connection: Any, record: Any) -> None:
    """Let readers run next to a writer, survive a power cut, end what takes too long, and try no regular expressions.

    Python would try those within SQLite, with every other thread of the process waiting: one can take hours.
    """
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()
    connection.create_function("regexp", 2, _refuse_expression)
    ends = record.info["ends"] = [math.inf]
    connection.set_progress_handler(lambda: time.monotonic() > ends[0], 100_000)


def _begin_statement(connection: Connection, *_: object) -> None:
    """Note when SQLite's statement has to end: PostgreSQL has a setting for that."""
    connection.info["ends"][0] = time.monotonic() + _LONGEST


def _refuse_expression(pattern: str, text: str) -> bool:
    raise ValueError("Regular expressions are not tried on SQLite.")


def _limit_statements(connection: Any, record: object) -> None:
    """End what takes longer than our door waits for."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET statement_timeout = '{_LONGEST}s'")
    connection.commit()


def _add_index(engine: Engine) -> None:
    """Let the runs of one experiment be found without reading all others: MLflow has no index for that."""
    index = "CREATE INDEX IF NOT EXISTS catalog_explorer_runs ON runs (experiment_id, lifecycle_stage, start_time)"
    with engine.begin() as connection:
        connection.execute(text(index))


class Statistics:
    """What SQLite knows about the sizes of its tables; PostgreSQL keeps that by itself.

    Without it SQLite assumes small tables, and sorts 50,000 runs by a metric in minutes, not in half a second.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.counted_at = -math.inf

    def refresh(self) -> None:
        """Count a sample of each table, if no one has for a while."""
        if self.engine.dialect.name != "sqlite" or time.monotonic() < self.counted_at + _COUNTED_EVERY:
            return
        self.counted_at = time.monotonic()
        with self.engine.begin() as connection:
            connection.execute(text("PRAGMA analysis_limit = 1000"))
            connection.execute(text("ANALYZE"))
        self.engine.dispose()  # a connection knows only what was counted when it was opened


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
