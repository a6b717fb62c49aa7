"""The triggers that append a ``Revision`` for everyone affected by a change of grants, owners or groups.

They belong to migrations: one that rebuilds a watched table on SQLite, which drops the table's triggers, ends with
``migrations.RunPython(install)``. A start only checks that they are there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import models, transaction

from accounts.models import EVERYONE, GroupNesting, User
from registry.models.grants import (
    CatalogGroupGrant,
    CatalogUserGrant,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    SchemaGroupGrant,
    SchemaUserGrant,
)
from registry.models.hierarchy import Catalog, Schema
from registry.models.revision import ALL


@dataclass(frozen=True)
class Watched:
    """A table that holdings are read from.

    ``holders`` are SQL expressions over a row, as it was and as it is: who is affected (the keys of ``Revision``).
    ``columns``: an UPDATE of others affects no one.
    """

    table: str
    holders: tuple[str, ...]
    columns: tuple[str, ...] = ()

    @property
    def update(self) -> str:
        return f"UPDATE OF {', '.join(self.columns)}" if self.columns else "UPDATE"


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table


_USER, _GROUP = ("{row}.user_id",), ("-{row}.group_id",)
_OWNERS = ("{row}.owner_user_id", "-{row}.owner_group_id")

WATCHED = (
    *(Watched(_table(grant), _USER) for grant in (MetastoreUserGrant, CatalogUserGrant, SchemaUserGrant)),
    *(Watched(_table(grant), _GROUP) for grant in (MetastoreGroupGrant, CatalogGroupGrant, SchemaGroupGrant)),
    Watched(_table(Catalog), _OWNERS, ("owner_user_id", "owner_group_id")),
    Watched(_table(Schema), _OWNERS, ("owner_user_id", "owner_group_id")),
    Watched(_table(User.groups.through), _USER),
    Watched(_table(GroupNesting), (str(ALL),)),
    # The group of everyone is found by its name.
    Watched(_table(Group), (f"CASE WHEN {{row}}.name = '{EVERYONE}' THEN {ALL} END",), ("name",)),
)
"""Every table that holdings on containers are read from. (Of users, only what each request reads again counts.)"""


def install(apps: Any, schema_editor: Any) -> None:
    """Put every trigger in place: what ``RunPython`` calls in a migration."""
    put_in_place(schema_editor.connection)


def remove(apps: Any, schema_editor: Any) -> None:
    """Take the triggers away, before the table that they write to goes."""
    vendor = schema_editor.connection.vendor
    with schema_editor.connection.cursor() as cursor:
        for watched in WATCHED:
            for name in _names(watched, vendor):
                cursor.execute(
                    f"DROP TRIGGER IF EXISTS {name}" + (f" ON {watched.table}" if vendor != "sqlite" else "")
                )


def put_in_place(connection: Any) -> None:
    """Create every trigger, replacing those that are there, in one transaction: they are never seen missing."""
    statements = {"sqlite": _on_sqlite, "postgresql": _on_postgresql}[connection.vendor]
    with transaction.atomic(connection.alias), connection.cursor() as cursor:
        for watched in WATCHED:
            for statement in statements(watched):
                cursor.execute(statement)


def missing(connection: Any) -> list[str]:
    """Name the triggers that are not in the database."""
    there = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'trigger'",
        "postgresql": "SELECT tgname FROM pg_trigger WHERE tgenabled <> 'D'",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(there)
        names = {name for (name,) in cursor.fetchall()}
    return [name for watched in WATCHED for name in _names(watched, connection.vendor) if name not in names]


_EVENTS = {"insert": ("NEW",), "update": ("OLD", "NEW"), "delete": ("OLD",)}


def _names(watched: Watched, vendor: str) -> list[str]:
    events = [*_EVENTS, "truncate"] if vendor == "postgresql" else [*_EVENTS]
    return [_name(watched, event) for event in events]


def _name(watched: Watched, event: str) -> str:
    return f"revision_{watched.table}_{event}"


def _on_sqlite(watched: Watched) -> Iterator[str]:
    for event, rows in _EVENTS.items():
        name, happens = _name(watched, event), watched.update if event == "update" else event.upper()
        body = _append(watched, rows, "lower(hex(randomblob(16)))")
        yield f"DROP TRIGGER IF EXISTS {name}"
        yield f"CREATE TRIGGER {name} AFTER {happens} ON {watched.table} FOR EACH ROW BEGIN {body}; END"


def _on_postgresql(watched: Watched) -> Iterator[str]:
    for event, rows in _EVENTS.items():
        name, happens = _name(watched, event), watched.update if event == "update" else event.upper()
        body = _append(watched, rows, "gen_random_uuid()::text")
        yield (
            f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql "
            f"AS $$ BEGIN {body}; RETURN NULL; END $$"
        )
        yield (
            f"CREATE OR REPLACE TRIGGER {name} AFTER {happens} ON {watched.table} "
            f"FOR EACH ROW EXECUTE FUNCTION {name}()"
        )
    yield (
        "CREATE OR REPLACE FUNCTION revision_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{_append(watched, (), 'gen_random_uuid()::text', (str(ALL),))}; RETURN NULL; END $$"
    )
    yield (
        f"CREATE OR REPLACE TRIGGER {_name(watched, 'truncate')} AFTER TRUNCATE ON {watched.table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION revision_truncate()"
    )


def _append(watched: Watched, rows: tuple[str, ...], random: str, others: tuple[str, ...] = ()) -> str:
    """Write the statement that appends a row for each holder of ``rows`` (OLD, NEW, or both), and for ``others``."""
    holders = [holder.format(row=row) for row in rows for holder in watched.holders] + [*others]
    some = " UNION ".join(f"SELECT {holder} AS holder" for holder in holders)
    return (
        f"INSERT INTO registry_revision (value, holder) "  # noqa: S608 (tables and columns of our own models)
        f"SELECT {random}, holder FROM ({some}) AS concerned WHERE holder IS NOT NULL"
    )
