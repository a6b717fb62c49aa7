"""A token that changes whenever it changes who holds what on containers: what may be remembered while it stays.

The database changes it itself, by triggers, so no way of writing can forget to: not a service, not the admin, not
somebody at a prompt. The token is random, not counted: a transaction that is rolled back leaves the one from before,
and none is ever used twice.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db import connections, models

from accounts.models import GroupNesting, User
from accounts.prepared import Prepared
from registry.models.grants import (
    CatalogGroupGrant,
    CatalogUserGrant,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    SchemaGroupGrant,
    SchemaUserGrant,
)
from registry.models.hierarchy import Catalog, Schema

WATCHED: tuple[type[models.Model], ...] = (
    CatalogGroupGrant,
    CatalogUserGrant,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    SchemaGroupGrant,
    SchemaUserGrant,
    Catalog,
    Schema,
    Group,
    GroupNesting,
    User.groups.through,
)
"""Every table that holdings on containers are read from. (Of users, only what each request reads anew counts.)"""


_NEW_ON_SQLITE = (
    "INSERT INTO registry_revision (id, value) VALUES (1, hex(randomblob(16))) "
    "ON CONFLICT (id) DO UPDATE SET value = excluded.value"
)


class Revision(models.Model):
    value = models.CharField(max_length=36)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.value

    @classmethod
    def current(cls) -> str:
        """The token as it stands; empty before the first change (one small query)."""
        found = _value(1)
        return str(found[0][0]) if found else ""


_value = Prepared(lambda: Revision.objects.filter(pk=-1).values_list("value"), -1)


def install_triggers(using: str = "default", **kwargs: Any) -> None:
    """Put the triggers in place, again if need be: SQLite drops them when a migration rebuilds a table.

    Where migrations have been run in part, and a table is not there, there are none.
    """
    connection = connections[using]
    tables = {Revision._meta.db_table, *(model._meta.db_table for model in WATCHED)}
    if not tables <= set(connection.introspection.table_names()):
        return
    install = {"sqlite": _install_on_sqlite, "postgresql": _install_on_postgresql}[connection.vendor]
    with connection.cursor() as cursor:
        install(cursor)


def remove_triggers(using: str = "default") -> None:
    """Take the triggers away, before the table goes that they write to."""
    connection = connections[using]
    with connection.cursor() as cursor:
        for table in (model._meta.db_table for model in WATCHED):
            if connection.vendor == "postgresql":
                cursor.execute(f"DROP TRIGGER IF EXISTS revision_{table} ON {table}")
            else:
                for event in ("insert", "update", "delete"):
                    cursor.execute(f"DROP TRIGGER IF EXISTS revision_{table}_{event}")


def _install_on_sqlite(cursor: Any) -> None:
    for table in (model._meta.db_table for model in WATCHED):
        for event in ("INSERT", "UPDATE", "DELETE"):
            name = f"revision_{table}_{event.lower()}"
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")
            cursor.execute(f"CREATE TRIGGER {name} AFTER {event} ON {table} BEGIN {_NEW_ON_SQLITE}; END")


def _install_on_postgresql(cursor: Any) -> None:
    cursor.execute(
        "CREATE OR REPLACE FUNCTION registry_revise() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "INSERT INTO registry_revision (id, value) VALUES (1, gen_random_uuid()::text) "
        "ON CONFLICT (id) DO UPDATE SET value = excluded.value; RETURN NULL; END $$"
    )
    for table in (model._meta.db_table for model in WATCHED):
        cursor.execute(f"DROP TRIGGER IF EXISTS revision_{table} ON {table}")
        cursor.execute(
            f"CREATE TRIGGER revision_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION registry_revise()"
        )
