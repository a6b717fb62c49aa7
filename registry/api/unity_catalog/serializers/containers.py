"""Metastore, catalogs and schemas, read and written. Times in milliseconds, numbers as numbers."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry.api.discovery import workspace_id
from registry.api.fields import PageFields, PropertiesField, TextField, milliseconds
from registry.models import Catalog, Metastore, Schema


class CreateCatalog(serializers.Serializer[Any]):
    name = serializers.CharField(trim_whitespace=False)
    comment = TextField(default="", allow_null=True)
    properties = PropertiesField(required=False, allow_null=True)
    storage_root = TextField(default="", allow_null=True)


class Update(serializers.Serializer[Any]):
    new_name = TextField(allow_null=True)
    comment = TextField(allow_null=True)
    owner = TextField(allow_null=True)
    properties = PropertiesField(required=False, allow_null=True)
    storage_root = TextField(allow_null=True, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """An empty name isn't a name: clients send back what they received, also for an object without an owner."""
        return {name: value for name, value in attrs.items() if value or name not in ("new_name", "owner")}


class Delete(serializers.Serializer[Any]):
    force = serializers.BooleanField(default=False)


class CreateSchema(CreateCatalog):
    catalog_name = serializers.CharField(trim_whitespace=False)


class ListSchemas(PageFields):
    catalog_name = serializers.CharField(trim_whitespace=False)


class MetastoreInfo(TypedDict):
    metastore_id: str
    name: str
    privilege_model_version: str
    created_at: int


class MetastoreAssignment(TypedDict):
    metastore_id: str
    workspace_id: int


class OwnedInfo(TypedDict):
    id: str
    name: str
    full_name: str
    comment: str
    properties: dict[str, str]
    owner: str
    metastore_id: str
    securable_type: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    storage_root: NotRequired[str]  # where the files of new versions go, if that is said here
    storage_location: NotRequired[str]


class CatalogInfo(OwnedInfo):
    catalog_type: str
    isolation_mode: str


class SchemaInfo(OwnedInfo):
    catalog_type: str
    schema_id: str
    catalog_name: str


class CatalogList(TypedDict):
    catalogs: list[CatalogInfo]
    next_page_token: NotRequired[str]


class SchemaList(TypedDict):
    schemas: list[SchemaInfo]
    next_page_token: NotRequired[str]


def metastore_info(metastore: Metastore) -> MetastoreInfo:
    return {
        "metastore_id": str(metastore.uid),
        "name": metastore.name,
        "privilege_model_version": "1.0",
        "created_at": milliseconds(metastore.created_at),
    }


def metastore_assignment(metastore: Metastore) -> MetastoreAssignment:
    return {"metastore_id": str(metastore.uid), "workspace_id": int(workspace_id())}


def catalog(catalog: Catalog, metastore: Metastore) -> CatalogInfo:
    return {**_owned(catalog, metastore), "catalog_type": "MANAGED_CATALOG", "isolation_mode": "OPEN"}


def schema(schema: Schema, metastore: Metastore) -> SchemaInfo:
    return {
        **_owned(schema, metastore),
        "schema_id": str(schema.uid),
        "catalog_name": schema.catalog.name,
        "catalog_type": "MANAGED_CATALOG",
    }


def _owned(row: Catalog | Schema, metastore: Metastore) -> OwnedInfo:
    info: OwnedInfo = {
        "id": str(row.uid),
        "name": row.name,
        "full_name": row.full_name,
        "comment": row.comment,
        "properties": row.properties,
        "owner": row.owner_name,
        "metastore_id": str(metastore.uid),
        "securable_type": row.securable_type.value,
        "created_at": milliseconds(row.created_at),
        "created_by": row.created_by,
        "updated_at": milliseconds(row.updated_at),
        "updated_by": row.updated_by,
    }
    if row.storage_root:
        info["storage_root"] = info["storage_location"] = row.storage_root
    return info
