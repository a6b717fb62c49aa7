"""``/api/2.1/unity-catalog``: catalogs, schemas and permissions, for databricks-sdk and unitycatalog-client."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from registry import names
from registry.api.base import ApiView
from registry.api.fields import PageFields
from registry.api.paging import clamp, page
from registry.api.unity_catalog import serializers as wire
from registry.models import Metastore, Schema, Securable
from registry.privileges import SecurableType
from registry.services import catalogs, grants, schemas
from registry.services.ownership import find_principal


class MetastoreSummary(ApiView):
    def get(self, request: Request) -> Response:
        return Response(wire.metastore_summary(Metastore.current()))


class Catalogs(ApiView):
    def get(self, request: Request) -> Response:
        asked, metastore = self.parse(PageFields), Metastore.current()
        found, token = page(
            catalogs.list_catalogs(actor=self.actor),
            keys=("name",),
            size=clamp(asked.get("max_results"), default=1000, most=1000),
            token=asked["page_token"],
            bound_to=f"catalogs for {self.actor.principal.pk}",
        )
        return Response({"catalogs": [wire.catalog(c, metastore) for c in found], "next_page_token": token})

    def post(self, request: Request) -> Response:
        asked = self.parse(wire.CreateCatalog)
        catalog = catalogs.create_catalog(actor=self.actor, name=asked["name"], comment=asked["comment"] or "")
        return Response(wire.catalog(catalog, Metastore.current()))


class Catalog(ApiView):
    def get(self, request: Request, name: str) -> Response:
        catalog = catalogs.get_catalog(actor=self.actor, name=name)
        return Response(wire.catalog(catalog, Metastore.current()))

    def patch(self, request: Request, name: str) -> Response:
        asked = self.parse(wire.Update)
        catalog = catalogs.get_catalog(actor=self.actor, name=name)
        catalog = catalogs.update_catalog(actor=self.actor, catalog=catalog, **asked)
        return Response(wire.catalog(catalog, Metastore.current()))

    def delete(self, request: Request, name: str) -> Response:
        asked = self.parse(wire.Delete)
        catalog = catalogs.get_catalog(actor=self.actor, name=name)
        catalogs.delete_catalog(actor=self.actor, catalog=catalog, force=asked["force"])
        return Response({})


class Schemas(ApiView):
    def get(self, request: Request) -> Response:
        asked, metastore = self.parse(wire.ListSchemas), Metastore.current()
        catalog = catalogs.get_catalog(actor=self.actor, name=asked["catalog_name"])
        found, token = page(
            schemas.list_schemas(actor=self.actor, catalog=catalog),
            keys=("name",),
            size=clamp(asked.get("max_results"), default=1000, most=1000),
            token=asked["page_token"],
            bound_to=f"schemas of {catalog.pk} for {self.actor.principal.pk}",
        )
        return Response({"schemas": [wire.schema(s, metastore) for s in found], "next_page_token": token})

    def post(self, request: Request) -> Response:
        asked = self.parse(wire.CreateSchema)
        catalog = catalogs.get_catalog(actor=self.actor, name=asked["catalog_name"])
        schema = schemas.create_schema(
            actor=self.actor, catalog=catalog, name=asked["name"], comment=asked["comment"] or ""
        )
        return Response(wire.schema(schema, Metastore.current()))


class SchemaByName(ApiView):
    def named(self, full_name: str) -> Schema:
        catalog, name = names.schema_name(full_name)
        return schemas.get_schema(actor=self.actor, catalog=catalog, name=name)

    def get(self, request: Request, full_name: str) -> Response:
        return Response(wire.schema(self.named(full_name), Metastore.current()))

    def patch(self, request: Request, full_name: str) -> Response:
        asked = self.parse(wire.Update)
        schema = schemas.update_schema(actor=self.actor, schema=self.named(full_name), **asked)
        return Response(wire.schema(schema, Metastore.current()))

    def delete(self, request: Request, full_name: str) -> Response:
        asked = self.parse(wire.Delete)
        schemas.delete_schema(actor=self.actor, schema=self.named(full_name), force=asked["force"])
        return Response({})


class PermissionsView(ApiView):
    def securable(self, securable_type: str, full_name: str) -> Securable:
        kind = SecurableType.parse(securable_type)
        return grants.get_securable(actor=self.actor, securable_type=kind, full_name=full_name)

    def principal(self) -> grants.Principal | None:
        """The principal that the query asks about, if it does."""
        name = self.parse(wire.OfPrincipal).get("principal")
        return find_principal(name) if name else None


class Permissions(PermissionsView):
    def get(self, request: Request, securable_type: str, full_name: str) -> Response:
        securable = self.securable(securable_type, full_name)
        found = grants.list_grants(actor=self.actor, securable=securable, principal=self.principal())
        return Response(wire.grants(found, request))

    def patch(self, request: Request, securable_type: str, full_name: str) -> Response:
        asked, securable = self.parse(wire.UpdatePermissions), self.securable(securable_type, full_name)
        changes = [_change(change) for change in asked["changes"]]
        grants.update_grants(actor=self.actor, securable=securable, changes=changes)
        return Response(wire.grants(grants.list_grants(actor=self.actor, securable=securable), request))


class EffectivePermissions(PermissionsView):
    def get(self, request: Request, securable_type: str, full_name: str) -> Response:
        securable = self.securable(securable_type, full_name)
        found = grants.list_effective_grants(actor=self.actor, securable=securable, principal=self.principal())
        return Response(wire.effective_grants(found, securable, request))


def _change(change: dict[str, Any]) -> grants.GrantChange:
    return grants.GrantChange(find_principal(change["principal"]), tuple(change["add"]), tuple(change["remove"]))
