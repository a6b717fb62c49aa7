"""The database as one file: written while others go on writing, and read into an empty one."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction
from django.db.backends.postgresql.client import DatabaseClient
from django.db.migrations.executor import MigrationExecutor

from registry.durable import sync_directory, sync_file
from registry.exceptions import InvalidState

RUNS = "tracking.sqlite3"
"""The database of the tracking store next to SQLite's own, in the data folder and in a backup. (PostgreSQL has both in
one.)"""
_FILES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}


def engine() -> str:
    return connection.vendor


def file_name() -> str:
    """Return the name of the database in a backup."""
    return _FILES[engine()]


def is_empty() -> bool:
    return not connection.introspection.table_names()


def require_current() -> None:
    """Raise InvalidState unless the tables are those of this release."""
    executor = MigrationExecutor(connection)
    if executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise InvalidState(
            "The database is of an older release: back it up with that one, or run manage.py migrate first."
        )


@contextmanager
def snapshot(folder: Path) -> Iterator[None]:
    """Write the database as it is now into ``folder``; the ``with`` block reads the very same state."""
    target = folder / file_name()
    take = {"sqlite": _snapshot_of_sqlite, "postgresql": _snapshot_of_postgresql}[engine()]
    with take(target):
        with target.open("rb") as file:
            sync_file(file)
        yield


def copy_runs(folder: Path) -> list[str]:
    """Write the tracking store's database as it is now into ``folder``; return its name, if it has a file at all."""
    source = settings.DATA_DIR / RUNS
    if engine() != "sqlite" or not source.exists():
        return []
    with closing(sqlite3.connect(source)) as runs, closing(sqlite3.connect(folder / RUNS)) as copy:
        runs.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
    with (folder / RUNS).open("rb") as file:
        sync_file(file)
    return [RUNS]


def load_runs(folder: Path) -> None:
    """Bring the tracking store's database of a backup into the data folder."""
    _place_sqlite(folder / RUNS, settings.DATA_DIR / RUNS)


def load(folder: Path) -> None:
    """Bring the database of the backup in ``folder`` into the one of the settings, which is empty."""
    {"sqlite": _load_sqlite, "postgresql": _load_postgresql}[engine()](folder / file_name())


@contextmanager
def _snapshot_of_sqlite(target: Path) -> Iterator[None]:
    with connection.cursor() as cursor:
        # Not atomic(), which would keep all writers waiting: this transaction begins with its first read.
        cursor.execute("BEGIN DEFERRED")
        try:
            cursor.execute("SELECT COUNT(*) FROM django_migrations")
            with closing(sqlite3.connect(target)) as copy:
                connection.connection.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")  # there is only one file
            yield
        finally:
            cursor.execute("ROLLBACK")


@contextmanager
def _snapshot_of_postgresql(target: Path) -> Iterator[None]:
    _require_pg_dump()
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        _run("pg_dump", "--format=custom", f"--snapshot={cursor.fetchone()[0]}", f"--file={target}")
        yield


def _load_sqlite(source: Path) -> None:
    connection.close()
    _place_sqlite(source, Path(connection.settings_dict["NAME"]))


def _place_sqlite(source: Path, target: Path) -> None:
    for leftover in ("-wal", "-shm"):
        target.with_name(target.name + leftover).unlink(missing_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o600)
    with target.open("rb") as file:
        sync_file(file)
    sync_directory(target.parent)


def _load_postgresql(source: Path) -> None:
    # Without comments: extensions may have been there already, and only their owner can set theirs.
    options = ("--no-owner", "--no-privileges", "--no-comments", "--exit-on-error", "--single-transaction")
    _run("pg_restore", *options, str(source), "--dbname")


def _require_pg_dump() -> None:
    connection.ensure_connection()
    program, server = _program("pg_dump"), connection.connection.info.server_version // 10_000
    output = subprocess.run([program, "--version"], check=True, capture_output=True, text=True).stdout  # noqa: S603
    version = re.search(r"\) (\d+)", output)
    if version is None or int(version[1]) < server:
        raise InvalidState(
            f"{program} is {output.strip()!r}, but the database server has version {server}: install PostgreSQL's "
            f"client programs of version {server} or newer, and put them into PATH."
        )


def _program(name: str) -> str:
    program = shutil.which(name)
    if program is None:
        raise InvalidState(f"There is no {name} in PATH: install PostgreSQL's client programs.")
    return program


def _run(name: str, *options: str) -> None:
    """Run one of PostgreSQL's programs on the database of the settings, whose name comes after the last option."""
    arguments, environment = DatabaseClient.settings_to_cmd_args_env(connection.settings_dict, list(options))
    command = [_program(name), *arguments[1:]]
    done = subprocess.run(  # noqa: S603 (our own options)
        command, check=False, env={**os.environ, **(environment or {})}, capture_output=True, text=True
    )
    if done.returncode != 0:
        raise InvalidState(f"{name} failed: {done.stderr.strip()}")
