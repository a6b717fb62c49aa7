"""Schemas."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Unpack

from django.db import transaction
from django.db.models import QuerySet

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidState
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema, Table, locks
from registry.privileges import SecurableType
from registry.services.hierarchy import containers
from registry.services.shared import counters, finders, naming, ownership, quotas
from registry.services.trash import keeping


def list_schemas(*, actor: Actor, catalog: Catalog) -> QuerySet[Schema]:
    """Return the schemas of ``catalog`` that ``actor`` can see, by name."""
    return authorization.visible(actor, finders.schemas().filter(catalog=catalog))


def list_schemas_for_models(*, actor: Actor) -> QuerySet[Schema]:
    """Return the schemas, by full name, in which ``actor`` may create models."""
    schemas = Schema.objects.select_related("catalog").order_by("catalog__name", "name")
    return authorization.permitted(actor, Operation.CREATE_REGISTERED_MODEL, schemas)


def share_names(actor: Actor, schema: Schema) -> Schema:
    """Read ``schema`` and its catalog again, and let no one rename or delete them until the transaction ends."""
    shared = locks.share_names(schema.pk)
    if shared is None:
        raise authorization.no_such(actor, SecurableType.SCHEMA, schema.full_name)
    return shared


def create_schema(
    *,
    actor: Actor,
    catalog: Catalog,
    name: str,
    comment: str = "",
    properties: Mapping[str, str] | None = None,
    storage_root: str | None = None,
) -> Schema:
    """Create a schema; its creator owns it. A storage root of its own needs the right to change its catalog."""
    if storage_root:
        authorization.require(actor, Operation.UPDATE_CATALOG, catalog)
    name = names.new_object_name(name, "schema name")
    described = containers.described(comment, properties, storage_root)
    taken, message = catalog.schemas.filter(name=name), f"Schema '{catalog.name}.{name}' already exists"
    naming.require_free(actor, Operation.CREATE_SCHEMA, catalog, taken, message)
    with naming.unless_taken(message):
        shared = locks.share(Catalog, catalog.pk)
        if shared is None:
            raise authorization.no_such(actor, SecurableType.CATALOG, catalog.name)
        schema = add_schema(actor, shared, {"name": name, **described})
    authorization.forget(actor)
    return schema


def add_schema(actor: Actor, catalog: Catalog, columns: Mapping[str, Any]) -> Schema:
    """Create a schema in ``catalog``, which the caller's transaction shares or has created, with the right to it."""
    quotas.require_room("schemas_per_catalog", "Schema", f"Catalog {catalog.name}", catalog)
    schema = Schema.objects.create(catalog=catalog, **columns, **ownership.of_creator(actor))
    audit.schema_created(actor, schema)
    counters.add(schema)  # last: other schemas wait for it
    return schema


def update_schema(
    *, actor: Actor, schema: Schema, new_name: str | None = None, **described: Unpack[containers.Described]
) -> Schema:
    """Rename, describe or hand over a schema; what is None stays."""
    authorization.require(actor, Operation.UPDATE_SCHEMA, schema)
    changes = containers.requested_changes(actor, schema, new_name=new_name, **described)
    with naming.unless_taken(f"Schema '{new_name}' already exists"):
        if changes:
            audit.schema_updated(actor, schema, new_name=new_name, **described)
            schema.change(actor.name, **changes)
            if "name" in changes:
                containers.refile_later(actor, schema)
    authorization.forget(actor)
    return schema


def delete_schema(*, actor: Actor, schema: Schema, force: bool = False) -> None:
    """Delete a schema; with ``force`` also when there are models in it, with all that they hold."""
    authorization.require(actor, Operation.DELETE_SCHEMA, schema)
    with transaction.atomic():
        locks.share_principals()
        locks.hold(schema.catalog)
        locks.going(schema)  # nothing is created in it from here on
        if not force and (schema.registered_models.exists() or schema.tables.exists()):
            raise InvalidState(
                f"Schema '{schema.full_name}' is not empty. Delete its models and tables first, or use force."
            )
        locks.going_models(RegisteredModel.objects.filter(schema=schema))
        containers.going_tables(Table.objects.filter(schema=schema))
        audit.schema_deleted(actor, schema, force=force)
        counters.remove(schema)
        keeping.delete(actor, (schema, ModelVersion.objects.filter(registered_model__schema=schema)))
