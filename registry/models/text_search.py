"""The indexes that find a part of a word in names and descriptions without reading every row.

PostgreSQL keeps trigrams of a column in a GIN index (``pg_trgm``, which the owner of a database may add to it). SQLite
keeps them in an FTS5 table next to the table, which holds no text itself and follows it by triggers.

They belong to migrations: one that rebuilds one of these tables on SQLite, which drops the table's triggers, ends with
``migrations.RunPython(install)``. A start only checks that they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.db import transaction

COLUMNS = {
    "registry_registeredmodel": ("filed_as", "comment"),
    "registry_modelversion": ("comment",),
    "registry_alias": ("folded",),
}
"""The columns of each table in which parts of words are found."""
SHORTEST = 3
"""Characters of what an index can find: trigrams are of three."""


def text_table(table: str) -> str:
    """Return the name of the FTS5 table next to ``table`` on SQLite."""
    return f"{table}_text"


def install(apps: Any, schema_editor: Any) -> None:
    """Put every index in place: what ``RunPython`` calls in a migration."""
    put_in_place(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    """Take the indexes away."""
    drop = {"sqlite": _drop_on_sqlite, "postgresql": _drop_on_postgresql}[schema_editor.connection.vendor]
    with schema_editor.connection.cursor() as cursor:
        for table in COLUMNS:
            for statement in drop(table):
                cursor.execute(statement)


def put_in_place(connection: Any) -> None:
    """Create every index and fill it, replacing what is there, in one transaction."""
    statements = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}[connection.vendor]
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for table in COLUMNS:
            for statement in statements(table):
                cursor.execute(statement)


def missing(connection: Any) -> list[str]:
    """Name the triggers (SQLite) or indexes (PostgreSQL) that are not in the database."""
    there, names_of = {
        "sqlite": ("SELECT name FROM sqlite_master WHERE type = 'trigger'", _triggers),
        "postgresql": ("SELECT indexname FROM pg_indexes", _indexes),
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(there)
        names = {name for (name,) in cursor.fetchall()}
    return [name for table in COLUMNS for name in names_of(table) if name not in names]


def _triggers(table: str) -> list[str]:
    return [f"{text_table(table)}_{event}" for event in ("insert", "update", "delete")]


def _indexes(table: str) -> list[str]:
    return [f"{table}_{column}_trigrams" for column in COLUMNS[table]]


def _on_postgresql(table: str) -> Iterator[str]:
    """Indexes of what Django compares where case does not count: the column in upper case."""
    yield "CREATE EXTENSION IF NOT EXISTS pg_trgm"
    for name, column in zip(_indexes(table), COLUMNS[table], strict=True):
        yield f"CREATE INDEX IF NOT EXISTS {name} ON {table} USING gin (upper({column}::text) gin_trgm_ops)"


def _drop_on_postgresql(table: str) -> Iterator[str]:
    for name in _indexes(table):
        yield f"DROP INDEX IF EXISTS {name}"


def _on_sqlite(table: str) -> Iterator[str]:
    """The statements that https://sqlite.org/fts5.html gives for a table whose content is in another one."""
    text, columns = text_table(table), ", ".join(COLUMNS[table])
    yield from _drop_on_sqlite(table)
    options = f"content='{table}', content_rowid='id', tokenize='trigram'"
    yield f"CREATE VIRTUAL TABLE {text} USING fts5({columns}, {options})"
    yield f"INSERT INTO {text}({text}) VALUES('rebuild')"
    add = f"INSERT INTO {text}(rowid, {columns}) VALUES (NEW.id, {_of('NEW', table)});"  # noqa: S608
    take = f"INSERT INTO {text}({text}, rowid, {columns}) VALUES ('delete', OLD.id, {_of('OLD', table)});"  # noqa: S608
    bodies = (("INSERT", add), (f"UPDATE OF {columns}", take + add), ("DELETE", take))
    for name, (happens, body) in zip(_triggers(table), bodies, strict=True):
        yield f"CREATE TRIGGER {name} AFTER {happens} ON {table} FOR EACH ROW BEGIN {body} END"


def _drop_on_sqlite(table: str) -> Iterator[str]:
    for name in _triggers(table):
        yield f"DROP TRIGGER IF EXISTS {name}"
    yield f"DROP TABLE IF EXISTS {text_table(table)}"


def _of(row: str, table: str) -> str:
    return ", ".join(f"{row}.{column}" for column in COLUMNS[table])
