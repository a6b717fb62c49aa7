"""``/api/2.1/unity-catalog``: requests read here, rows written here. Times in milliseconds, numbers as numbers."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from registry.api.fields import PageFields, PrivilegeField, TextField, milliseconds
from registry.api.unity_catalog import dialect
from registry.models import Catalog, Metastore, Schema, Securable
from registry.privileges import Privilege
from registry.services.grants import Grant, Principal


class CreateCatalog(serializers.Serializer[Any]):
    name = serializers.CharField(trim_whitespace=False)
    comment = TextField(default="", allow_null=True)


class Update(serializers.Serializer[Any]):
    new_name = TextField(allow_null=True)
    comment = TextField(allow_null=True)
    owner = TextField(allow_null=True)


class Delete(serializers.Serializer[Any]):
    force = serializers.BooleanField(default=False)


class CreateSchema(CreateCatalog):
    catalog_name = serializers.CharField(trim_whitespace=False)


class ListSchemas(PageFields):
    catalog_name = serializers.CharField(trim_whitespace=False)


class OfPrincipal(serializers.Serializer[Any]):
    principal = TextField(allow_null=True)


class Change(serializers.Serializer[Any]):
    principal = serializers.CharField(trim_whitespace=False)
    add = serializers.ListField(child=PrivilegeField(), default=list, max_length=len(Privilege))
    remove = serializers.ListField(child=PrivilegeField(), default=list, max_length=len(Privilege))


class UpdatePermissions(serializers.Serializer[Any]):
    changes = serializers.ListField(child=Change(), max_length=1000)


def metastore_summary(metastore: Metastore) -> dict[str, Any]:
    return {
        "metastore_id": str(metastore.uid),
        "name": metastore.name,
        "privilege_model_version": "1.0",
        "created_at": milliseconds(metastore.created_at),
    }


def catalog(catalog: Catalog, metastore: Metastore) -> dict[str, Any]:
    return _owned(catalog, metastore) | {"catalog_type": "MANAGED_CATALOG"}


def schema(schema: Schema, metastore: Metastore) -> dict[str, Any]:
    own_id = {"schema_id": str(schema.uid)}
    return _owned(schema, metastore) | own_id | {"catalog_name": schema.catalog.name, "catalog_type": "MANAGED_CATALOG"}


def grants(found: Iterable[Grant], request: Request) -> dict[str, Any]:
    """Direct grants, gathered by principal."""
    assignments = [
        {"principal": str(principal), "privileges": [dialect.privilege(request, grant.privilege) for grant in held]}
        for principal, held in _by_principal(found)
    ]
    return {"privilege_assignments": assignments}


def effective_grants(found: Iterable[Grant], securable: Securable, request: Request) -> dict[str, Any]:
    """Direct and inherited grants; an inherited one says where from."""
    assignments = [
        {"principal": str(principal), "privileges": [_effective(grant, securable, request) for grant in held]}
        for principal, held in _by_principal(found)
    ]
    return {"privilege_assignments": assignments}


def _owned(row: Catalog | Schema, metastore: Metastore) -> dict[str, Any]:
    return {
        "id": str(row.uid),
        "name": row.name,
        "full_name": row.full_name,
        "comment": row.comment,
        "owner": row.owner_name,
        "metastore_id": str(metastore.uid),
        "securable_type": row.securable_type.value,
        "created_at": milliseconds(row.created_at),
        "created_by": row.created_by,
        "updated_at": milliseconds(row.updated_at),
        "updated_by": row.updated_by,
    }


def _by_principal(found: Iterable[Grant]) -> Iterable[tuple[Principal, Iterable[Grant]]]:
    by_name = sorted(found, key=lambda grant: (str(grant.principal), str(type(grant.principal))))
    return groupby(by_name, key=lambda grant: grant.principal)


def _effective(grant: Grant, securable: Securable, request: Request) -> dict[str, Any]:
    privilege = {"privilege": dialect.privilege(request, grant.privilege)}
    if grant.granted_on == securable:
        return privilege
    return privilege | {
        "inherited_from_type": dialect.securable_type(request, grant.granted_on),
        "inherited_from_name": grant.granted_on.full_name,
    }
