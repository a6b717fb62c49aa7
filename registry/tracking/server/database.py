"""The tables of MLflow: made, or brought up to date, when the process starts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mlflow.store.db import utils
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from sqlalchemy import Engine, event, text

from registry.tracking.names import SCHEMA
from registry.tracking.server.scope import narrowed_to

ARTIFACT_ROOT = "mlflow-artifacts:/"
"""Where runs say that their artifacts lie; the door keeps those itself."""
_LOCK = 7_231_984_020
"""The advisory lock that one of several servers holds while it makes or changes the tables."""


def open_store(url: str) -> SqlAlchemyStore:
    """Return the store over the database at ``url`` (SQLAlchemy's form), with its tables up to date."""
    engine = SqlAlchemyStore._get_or_create_engine(url)  # the very engine that the store will use
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _write_ahead)
        engine.dispose()
    with _alone(engine), narrowed_to("*"):
        if utils._all_tables_exist(engine):
            utils._upgrade_db(engine)
        return SqlAlchemyStore(url, ARTIFACT_ROOT)


def _write_ahead(connection: object, record: object) -> None:
    """Let readers go on beside a writer, and survive a power cut."""
    cursor = connection.cursor()  # type: ignore[attr-defined]
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.close()


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
