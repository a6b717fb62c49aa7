"""Catalogs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Unpack

from django.db import transaction
from django.db.models import QuerySet

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidState
from registry.models import Catalog, Metastore, ModelVersion, RegisteredModel, Schema, Table, locks
from registry.services.hierarchy import containers, schemas
from registry.services.shared import finders, naming, ownership, quotas
from registry.services.trash import keeping


def list_catalogs(*, actor: Actor) -> QuerySet[Catalog]:
    """Return the catalogs that ``actor`` can see, by name."""
    return authorization.visible(actor, finders.catalogs())


def create_catalog(
    *,
    actor: Actor,
    name: str,
    comment: str = "",
    properties: Mapping[str, str] | None = None,
    storage_root: str | None = None,
    with_default_schema: bool = True,
) -> Catalog:
    """Create a catalog; its creator owns it, and the schema ``default`` in it, unless the metastore makes none."""
    name = names.new_object_name(name, "catalog name")
    described = containers.described(comment, properties, storage_root)
    metastore, taken, message = (
        Metastore.current(),
        Catalog.objects.filter(name=name),
        f"Catalog '{name}' already exists",
    )
    naming.require_free(actor, Operation.CREATE_CATALOG, metastore, taken, message)
    with naming.unless_taken(message):
        quotas.require_room("catalogs_per_metastore", "Catalog", f"Metastore {metastore.uid}", metastore)
        catalog = Catalog.objects.create(name=name, **described, **ownership.of_creator(actor))
        audit.catalog_created(actor, catalog)
        if with_default_schema and metastore.makes_default_schemas:
            schemas.add_schema(actor, catalog, {"name": "default", "comment": "Made with its catalog."})
    authorization.forget(actor)
    return catalog


def update_catalog(
    *, actor: Actor, catalog: Catalog, new_name: str | None = None, **described: Unpack[containers.Described]
) -> Catalog:
    """Rename, describe or hand over a catalog; what is None stays."""
    authorization.require(actor, Operation.UPDATE_CATALOG, catalog)
    changes = containers.requested_changes(actor, catalog, new_name=new_name, **described)
    with naming.unless_taken(f"Catalog '{new_name}' already exists"):
        if changes:
            audit.catalog_updated(actor, catalog, new_name=new_name, **described)
            catalog.change(actor.name, **changes)
            if "name" in changes:
                containers.refile_later(actor, catalog)
    authorization.forget(actor)
    return catalog


def delete_catalog(*, actor: Actor, catalog: Catalog, force: bool = False) -> None:
    """Delete a catalog; with ``force`` also when there are schemas in it, with all that they hold."""
    authorization.require(actor, Operation.DELETE_CATALOG, catalog)
    with transaction.atomic():
        locks.share_principals()
        locks.going(catalog)  # nothing is created in it from here on
        if not force and catalog.schemas.exists():
            raise InvalidState(f"Catalog '{catalog.name}' is not empty. Delete its schemas first, or use force.")
        locks.going_all(Schema.objects.filter(catalog=catalog))
        locks.going_models(RegisteredModel.objects.filter(schema__catalog=catalog))
        containers.going_tables(Table.objects.filter(schema__catalog=catalog))
        audit.catalog_deleted(actor, catalog, force=force)
        keeping.delete(actor, (catalog, ModelVersion.objects.filter(registered_model__schema__catalog=catalog)))
