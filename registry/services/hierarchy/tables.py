"""Tables that are elsewhere: registered by name, so that lineage, and rights to it, have an object."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import transaction
from django.db.models import QuerySet

from registry import authorization, limits, names
from registry.actor import Actor
from registry.audit import elsewhere as events
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import Catalog, Schema, Table, locks
from registry.names import FullName
from registry.services.hierarchy import schemas
from registry.services.shared import finders, graph, naming, ownership, quotas

FORMATS = ("DELTA", "CSV", "JSON", "AVRO", "PARQUET", "ORC", "TEXT", "ICEBERG")
"""The formats of external tables."""


@dataclass(frozen=True)
class Described:
    """What is said of a new table besides its name. ``columns``: a mapping each, with at least its name."""

    storage_location: str
    data_source_format: str
    comment: str = ""
    columns: Sequence[Mapping[str, Any]] = ()
    properties: Mapping[str, str] = field(default_factory=dict)

    def checked(self) -> dict[str, Any]:
        """Return the columns of the row; InvalidParameterValue for what cannot be."""
        if self.data_source_format not in FORMATS:
            raise InvalidParameterValue(f"The format of a table is one of {', '.join(FORMATS)}.")
        return {
            "storage_location": names.location(self.storage_location),
            "data_source_format": self.data_source_format,
            "comment": names.comment_text(self.comment),
            "columns": _columns(self.columns),
            "properties": names.properties(self.properties),
        }


def list_tables(*, actor: Actor, schema: Schema) -> QuerySet[Table]:
    """Return the tables of ``schema`` whose metadata ``actor`` may read, by name."""
    return authorization.permitted(actor, Operation.READ_TABLE, _by_name(schema))


def list_known_tables(*, actor: Actor, schema: Schema) -> QuerySet[Table]:
    """Return the tables of ``schema`` that ``actor`` can see, even if only by BROWSE, by name."""
    return authorization.visible(actor, _by_name(schema))


def list_tables_of_catalog(*, actor: Actor, catalog: Catalog) -> QuerySet[Table]:
    """Return the tables of ``catalog`` that ``actor`` can see, by schema and name."""
    rows = finders.tables().filter(schema__catalog=catalog).order_by("schema__name", "name")
    return authorization.visible(actor, rows)


def only_browsed(*, actor: Actor, tables: Sequence[Table]) -> set[int]:
    """Return the keys of ``tables`` whose metadata ``actor`` may not read: only BROWSE shows them."""
    keys = {table.pk for table in tables}
    readable = authorization.permitted(actor, Operation.READ_TABLE, Table.objects.filter(pk__in=keys))
    return keys - set(readable.values_list("pk", flat=True))


def create_table(*, actor: Actor, full_name: FullName, described: Described) -> Table:
    """Register a table; its creator owns it. Nothing is opened, written or moved at its location."""
    schema = finders.get_schema(actor=actor, catalog=full_name.catalog, name=full_name.schema)
    name, columns = names.new_object_name(full_name.model, "table name"), described.checked()
    message = f"Table '{full_name}' already exists"
    naming.require_free(actor, Operation.CREATE_TABLE, schema, schema.tables.filter(name=name), message)
    with naming.unless_taken(message):
        schema = schemas.share_names(actor, schema)
        quotas.require_room("tables_per_schema", "Table", f"Schema {schema.full_name}", schema)
        table = Table.objects.create(schema=schema, name=name, **columns, **ownership.of_creator(actor))
        graph.add_table(table)
        events.table_created(actor, table)
    return table


def update_table(*, actor: Actor, table: Table, comment: str | None = None, owner: str | None = None) -> Table:
    """Describe a table, or hand it over; what is None stays."""
    changes: dict[str, Any] = {}
    if comment is not None or owner is None:
        authorization.require(actor, Operation.UPDATE_TABLE, table)
    if comment is not None:
        changes["comment"] = names.comment_text(comment)
    if owner is not None:
        authorization.require(actor, Operation.TRANSFER_OWNERSHIP, table)
        changes |= ownership.of(ownership.find_principal(owner))
    if changes:
        with transaction.atomic():
            events.table_updated(actor, table, comment=comment, owner=owner)
            table.change(actor.name, **changes)
    return table


def delete_table(*, actor: Actor, table: Table) -> None:
    """Forget a table, with its grants. The table itself stays as it is, and so does its lineage."""
    authorization.require(actor, Operation.DELETE_TABLE, table)
    with transaction.atomic():
        locks.share_principals()
        locks.hold(table.schema)
        locks.going(table)
        events.table_deleted(actor, table)
        graph.keep_table_names(Table.objects.filter(pk=table.pk))
        table.delete()


def _by_name(schema: Schema) -> QuerySet[Table]:
    return finders.tables().filter(schema=schema).order_by("name")


def _columns(columns: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if len(columns) > limits.COLUMNS:
        raise InvalidParameterValue(f"A table has at most {limits.COLUMNS} columns, not {len(columns)}.")
    for column in columns:
        if len(orjson.dumps(column)) > limits.COLUMN_LENGTH:
            raise InvalidParameterValue(f"Too much is sent about the column {column.get('name', '')[:50]!r}.")
    return [dict(column) for column in columns]
