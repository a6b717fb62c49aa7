"""How a securable is found by its name, below every service that needs one."""

from __future__ import annotations

from dataclasses import astuple

from django.db.models import QuerySet

from registry import authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.kinds import in_the_tree, kind_of_type
from registry.kinds import named as named_rows
from registry.models import Catalog, Metastore, RegisteredModel, Schema, Securable, Table
from registry.models.filing import named
from registry.names import FullName
from registry.privileges import SecurableType


def get_catalog(*, actor: Actor, name: str) -> Catalog:
    """Return the catalog of that name, if ``actor`` can see it."""
    rows = catalogs().filter(name=names.object_name(name, "catalog name"))
    catalog = authorization.visible(actor, rows).first()
    if catalog is None:
        raise authorization.no_such(actor, SecurableType.CATALOG, name)
    return catalog


def get_schema(*, actor: Actor, catalog: str, name: str) -> Schema:
    """Return the schema of that name, if ``actor`` can see it."""
    catalog, name = names.object_name(catalog, "catalog name"), names.object_name(name, "schema name")
    schema = authorization.visible(actor, schemas().filter(catalog__name=catalog, name=name)).first()
    if schema is None:
        raise authorization.no_such(actor, SecurableType.SCHEMA, f"{catalog}.{name}")
    return schema


def get_registered_model(*, actor: Actor, full_name: FullName) -> RegisteredModel:
    """Return the model of that name, if ``actor`` can see it."""
    model = authorization.visible(actor, registered_models().filter(named(full_name))).first()
    if model is None:
        raise authorization.no_such(actor, SecurableType.FUNCTION, str(full_name))
    return model


def read_registered_model(*, actor: Actor, full_name: FullName) -> RegisteredModel:
    """Return the model of that name, if ``actor`` may read its metadata (BROWSE is not enough here)."""
    models = registered_models().filter(named(full_name))
    model = authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, models).first()
    if model is None:
        model = get_registered_model(actor=actor, full_name=full_name)
        authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    return model


def get_table(*, actor: Actor, full_name: FullName) -> Table:
    """Return the table of that name, if ``actor`` can see it."""
    rows = named_rows(kind_of_type(SecurableType.TABLE), astuple(full_name))
    table: Table | None = authorization.visible(actor, rows.select_related("owner_user", "owner_group")).first()
    if table is None:
        raise authorization.no_such(actor, SecurableType.TABLE, str(full_name))
    return table


def read_table(*, actor: Actor, full_name: FullName) -> Table:
    """Return the table of that name, if ``actor`` may read its metadata (BROWSE is not enough here)."""
    table = get_table(actor=actor, full_name=full_name)
    authorization.require(actor, Operation.READ_TABLE, table)
    return table


def get_securable(*, actor: Actor, securable_type: SecurableType, full_name: str) -> Securable:
    """Return the securable of that type and name, if ``actor`` can see it."""
    kind = kind_of_type(securable_type)
    if not kind.depth:
        metastore = Metastore.current()
        if full_name not in (metastore.full_name, metastore.name):
            raise authorization.no_such(actor, securable_type, full_name)
        return metastore
    rows = named_rows(kind, kind.parse(full_name)).select_related("owner_user", "owner_group")
    securable: Securable | None = authorization.visible(actor, rows).first()
    if securable is None:
        raise authorization.no_such(actor, securable_type, full_name)
    return securable


def get_taggable(*, actor: Actor, entity_type: str, name: str) -> Catalog | Schema | RegisteredModel:
    """Return the object that a tag assignment names; types are accepted in the singular and in the plural.

    The type name of a registered model in databricks-sdk is documented nowhere: each of its names is accepted.
    """
    securable_type = SecurableType.parse(entity_type.lower().removesuffix("s"))
    securable = get_securable(actor=actor, securable_type=securable_type, full_name=name)
    return in_the_tree(securable, f"A {securable.securable_type.words.lower()} has no tags.")


def catalogs() -> QuerySet[Catalog]:
    """Return every catalog with its owner, by name."""
    return Catalog.objects.select_related("owner_user", "owner_group").order_by("name")


def schemas() -> QuerySet[Schema]:
    """Return every schema with its catalog and owner, by name."""
    return Schema.objects.select_related("catalog", "owner_user", "owner_group").order_by("name")


def tables() -> QuerySet[Table]:
    """Return every table with what it is in and its owner."""
    return Table.objects.select_related("schema__catalog", "owner_user", "owner_group")


def registered_models() -> QuerySet[RegisteredModel]:
    """Return every model with what it is in and its owner."""
    return RegisteredModel.objects.select_related("schema__catalog", "owner_user", "owner_group")
