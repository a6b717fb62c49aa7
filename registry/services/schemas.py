"""Schemas."""

from __future__ import annotations

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, InvalidState
from registry.models import Catalog, ModelVersion, Schema
from registry.privileges import SecurableType
from registry.services import artifacts, ownership, quotas


def list_schemas(*, actor: Actor, catalog: Catalog) -> QuerySet[Schema]:
    """The schemas of ``catalog`` that ``actor`` may know of, by name."""
    return authorization.visible(actor, _schemas().filter(catalog=catalog))


def get_schema(*, actor: Actor, catalog: str, name: str) -> Schema:
    catalog, name = names.object_name(catalog, "catalog name"), names.object_name(name, "schema name")
    schema = authorization.visible(actor, _schemas().filter(catalog__name=catalog, name=name)).first()
    if schema is None:
        raise authorization.no_such(SecurableType.SCHEMA, f"{catalog}.{name}")
    return schema


def create_schema(*, actor: Actor, catalog: Catalog, name: str, comment: str = "") -> Schema:
    """Create a schema; its creator owns it."""
    name, comment = names.object_name(name, "schema name"), names.comment_text(comment)
    quotas.require_room("schemas_per_catalog", "Schema", f"Catalog {catalog.name}", catalog.schemas.all())
    taken = catalog.schemas.filter(name=name)
    if not authorization.allows(actor, Operation.CREATE_SCHEMA, catalog):
        taken = authorization.visible(actor, taken)
    if taken.exists():
        raise AlreadyExists(f"Schema '{catalog.name}.{name}' already exists")
    authorization.require(actor, Operation.CREATE_SCHEMA, catalog)
    try:
        with transaction.atomic():
            schema = Schema.objects.create(catalog=catalog, name=name, comment=comment, **ownership.of_creator(actor))
            audit.schema_created(actor, schema)
    except IntegrityError as error:
        raise AlreadyExists(f"Schema '{catalog.name}.{name}' already exists") from error
    authorization.forget(actor)
    return schema


def update_schema(
    *, actor: Actor, schema: Schema, new_name: str | None = None, comment: str | None = None, owner: str | None = None
) -> Schema:
    """Rename, describe or hand over a schema; what is None stays."""
    authorization.require(actor, Operation.UPDATE_SCHEMA, schema)
    changes: dict[str, str] = {}
    if new_name is not None:
        changes["name"] = names.object_name(new_name, "schema name")
    if comment is not None:
        changes["comment"] = names.comment_text(comment)
    try:
        with transaction.atomic():
            audit.schema_updated(actor, schema, changes | ({"owner": owner} if owner is not None else {}))
            if owner is not None:
                ownership.transfer(actor, schema, owner)
            schema.change(actor.name, **changes)
    except IntegrityError as error:
        raise AlreadyExists(f"Schema '{new_name}' already exists") from error
    return schema


def delete_schema(*, actor: Actor, schema: Schema, force: bool = False) -> None:
    """Delete a schema; with ``force`` also when there are models in it, with all that they hold."""
    authorization.require(actor, Operation.DELETE_SCHEMA, schema)
    if not force and schema.registered_models.exists():
        raise InvalidState(f"Schema '{schema.full_name}' is not empty. Delete its models first, or use force.")
    with transaction.atomic():
        audit.schema_deleted(actor, schema, force=force)
        artifacts.delete_later(actor, ModelVersion.objects.filter(registered_model__schema=schema))
        schema.delete()


def _schemas() -> QuerySet[Schema]:
    return Schema.objects.select_related("catalog", "owner_user", "owner_group").order_by("name")
