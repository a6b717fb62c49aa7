"""Locks for which Django has no API. Children are locked before their parents."""

from __future__ import annotations

from typing import TypeVar

from django.db import connection
from django.db.models import Model

from registry.models.hierarchy import Catalog, Schema

Row = TypeVar("Row", bound=Model)


def share(kind: type[Row], key: int) -> Row | None:
    """Read a row anew, and let nobody rename or delete it until the transaction ends; others may share it meanwhile.

    A new name is a change of a key, for which PostgreSQL waits for all who share the row. SQLite needs nothing: its
    transactions exclude each other.
    """
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    table = connection.ops.quote_name(kind._meta.db_table)
    query = f"SELECT * FROM {table} WHERE id = %s{lock}"  # noqa: S608  # nothing in it comes from outside
    return next(iter(kind._default_manager.raw(query, [key])), None)


def share_names(key: int) -> Schema | None:
    """Share a schema and then its catalog, so that the names of what is in it stay; None where it was deleted."""
    schema = share(Schema, key)
    if schema is None:
        return None
    catalog = share(Catalog, schema.catalog_id)
    if catalog is None:
        return None
    schema.catalog = catalog
    return schema
