"""Locks on rows, and the order in which every transaction takes them, so that no two wait for each other.

0. the metastore, where rows are deleted that belong to an object and a principal, or to two principals
1. catalogs, then schemas: from the outside in
2. model versions, by key
3. registered models, then tables, by key
4. users and groups, by key
5. everything else: jobs, requests for access, policies

Rows that others refer to are held without their keys: what refers to them can still be created. A row that goes is
locked with its key (``going``), so that nothing can be created that refers to it.

Deleting an object, or a principal, cascades to its grants, pins, memberships and notifications, in an order that the
database chooses. So a transaction that deletes an object, or several of those rows, shares the metastore, and one that
deletes a principal holds it.

A transaction changes each row once, or has shared what it is in: PostgreSQL checks the foreign keys of a row that
its own transaction has changed before, and then waits, out of order, for a container that is going.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeVar

from django.db import connection, transaction
from django.db.models import Model, QuerySet

from registry.exceptions import DoesNotExist
from registry.models.hierarchy import Catalog, Metastore, RegisteredModel, Schema
from registry.models.versions import ModelVersion

AT_ONCE = 500
"""Rows that are named in one query: databases have limits for that."""

Row = TypeVar("Row", bound=Model)


def share(kind: type[Row], key: int) -> Row | None:
    """Read a row again, and let no one rename or delete it until the transaction ends; others may share it.

    A new name is a change of a key, for which PostgreSQL waits for all who share the row. SQLite needs nothing: its
    transactions exclude each other.
    """
    lock = " FOR KEY SHARE" if connection.vendor == "postgresql" else ""
    table = connection.ops.quote_name(kind._meta.db_table)
    query = f"SELECT * FROM {table} WHERE id = %s{lock}"  # noqa: S608  # nothing in it comes from outside
    return next(iter(kind._default_manager.raw(query, [key])), None)


def share_principals() -> None:
    """Let no principal be deleted until the transaction ends. Comes before all its other locks."""
    share(Metastore, Metastore.current().pk)


def going_principals() -> None:
    """Let no one who shares the principals go on until the transaction ends. Comes before all its other locks."""
    going(Metastore.current())


def share_names(key: int) -> Schema | None:
    """Share the catalog of a schema and then the schema, so that the names of what is in it stay.

    None where one of them was deleted.
    """
    catalog_key = Schema.objects.filter(pk=key).values_list("catalog_id", flat=True).first()
    catalog = share(Catalog, catalog_key) if catalog_key is not None else None
    schema = share(Schema, key) if catalog is not None else None
    if catalog is None or schema is None:
        return None
    schema.catalog = catalog
    return schema


def hold(row: Row) -> Row:
    """Hold ``row`` until the transaction ends, and return its current state; DoesNotExist if it has gone."""
    return _still_there(row, _rows_of(row).select_for_update(no_key=True))


def hold_all(rows: QuerySet[Any]) -> None:
    """Hold every one of ``rows``, in the order of their keys. (SQLite needs nothing, as of ``share``.)"""
    if connection.features.has_select_for_update:
        list(rows.order_by("pk").select_for_update(no_key=True, of=("self",)).values_list("pk", flat=True))


def going(row: Row) -> Row:
    """Hold ``row``, which is to be deleted: nothing that refers to it can be created any more."""
    return _still_there(row, _rows_of(row).select_for_update())


def going_all(rows: QuerySet[Any]) -> None:
    """Hold every one of ``rows``, which are to be deleted, in the order of their keys."""
    list(rows.order_by("pk").select_for_update(of=("self",)).values_list("pk", flat=True))


def going_versions(versions: QuerySet[ModelVersion]) -> set[int]:
    """Hold ``versions``, which are to be deleted, and their copies, which lose the link; return the keys of all."""
    going = versions.order_by().values("pk")
    copies = ModelVersion.objects.filter(copied_from__in=going)
    keys = sorted({*going.values_list("pk", flat=True), *copies.order_by().values_list("pk", flat=True)})
    for start in range(0, len(keys), AT_ONCE):
        hold_all(ModelVersion.objects.filter(pk__in=keys[start : start + AT_ONCE]))
    return set(keys)


def going_models(models: QuerySet[RegisteredModel]) -> None:
    """Hold ``models``, which are to be deleted, with all their versions, including those that were being created."""
    while True:
        with transaction.atomic():
            held = going_versions(ModelVersion.objects.filter(registered_model__in=models.order_by().values("pk")))
            going_all(models)
            if not _versions_beside(models, held):
                return
            transaction.set_rollback(True)  # lets go of them all: versions are held before their models


def _versions_beside(models: QuerySet[RegisteredModel], held: Iterable[int]) -> bool:
    now = ModelVersion.objects.filter(registered_model__in=models.order_by().values("pk"))
    return not set(now.order_by().values_list("pk", flat=True)) <= set(held)


def _rows_of(row: Row) -> Any:
    return row._meta.model._default_manager.filter(pk=row.pk)  # also the model of a lazy object


def _still_there(row: Row, locked: Any) -> Row:
    held: Row | None = locked.first()
    if held is None:
        raise DoesNotExist(f"{row} was deleted in the meantime.")
    return held
