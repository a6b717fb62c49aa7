"""Metastore, catalogs and schemas, for databricks-sdk and unitycatalog-client."""

from __future__ import annotations

from registry import names
from registry.api.base import Nothing, Params, asks
from registry.api.fields import PageFields
from registry.api.unity_catalog.serializers import containers as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.models import Metastore, Schema
from registry.services.hierarchy import catalogs, schemas
from registry.services.shared import finders


class MetastoreSummary(DialectView):
    @asks()
    def get(self) -> wire.MetastoreInfo:
        return wire.metastore_info(Metastore.current())


class CurrentMetastore(DialectView):
    @asks()
    def get(self) -> wire.MetastoreAssignment:
        return wire.metastore_assignment(Metastore.current())


class Catalogs(DialectView):
    exists = 400, "CATALOG_ALREADY_EXISTS"

    @asks(PageFields)
    def get(self, params: Params) -> wire.CatalogList:
        metastore = Metastore.current()
        rows, token = self.page(
            catalogs.list_catalogs(actor=self.actor), params, keys=("name",), default=1000, most=1000
        )
        return {"catalogs": [wire.catalog(c, metastore) for c in rows], "next_page_token": token}

    @asks(wire.CreateCatalog)
    def post(self, params: Params) -> wire.CatalogInfo:
        self.read_all(wire.CreateCatalog)
        catalog = catalogs.create_catalog(
            actor=self.actor, name=params["name"], comment=params["comment"] or "", properties=params.get("properties"),
            storage_root=params["storage_root"], with_default_schema=self.dialect.makes_default_schemas,
        )  # fmt: skip
        return wire.catalog(catalog, Metastore.current())


class Catalog(DialectView):
    exists = Catalogs.exists

    @asks()
    def get(self, name: str) -> wire.CatalogInfo:
        catalog = finders.get_catalog(actor=self.actor, name=name)
        return wire.catalog(catalog, Metastore.current())

    @asks(wire.Update)
    def patch(self, params: Params, name: str) -> wire.CatalogInfo:
        catalog = finders.get_catalog(actor=self.actor, name=name)
        self.read_all(wire.Update, lambda: wire.catalog(catalog, Metastore.current()))
        catalog = catalogs.update_catalog(actor=self.actor, catalog=catalog, **params)
        return wire.catalog(catalog, Metastore.current())

    @asks(wire.Delete)
    def delete(self, params: Params, name: str) -> Nothing:
        catalog = finders.get_catalog(actor=self.actor, name=name)
        catalogs.delete_catalog(actor=self.actor, catalog=catalog, force=params["force"])
        return {}


class Schemas(DialectView):
    exists = 400, "SCHEMA_ALREADY_EXISTS"

    @asks(wire.ListSchemas)
    def get(self, params: Params) -> wire.SchemaList:
        metastore = Metastore.current()
        catalog = finders.get_catalog(actor=self.actor, name=params["catalog_name"])
        visible = schemas.list_schemas(actor=self.actor, catalog=catalog)
        rows, token = self.page(visible, params, keys=("name",), default=1000, most=1000, about=str(catalog.pk))
        return {"schemas": [wire.schema(s, metastore) for s in rows], "next_page_token": token}

    @asks(wire.CreateSchema)
    def post(self, params: Params) -> wire.SchemaInfo:
        self.read_all(wire.CreateSchema)
        catalog = finders.get_catalog(actor=self.actor, name=params["catalog_name"])
        schema = schemas.create_schema(
            actor=self.actor, catalog=catalog, name=params["name"],
            comment=params["comment"] or "", properties=params.get("properties"), storage_root=params["storage_root"],
        )  # fmt: skip
        return wire.schema(schema, Metastore.current())


class SchemaByName(DialectView):
    exists = Schemas.exists

    def named(self, full_name: str) -> Schema:
        catalog, name = names.schema_name(full_name)
        return finders.get_schema(actor=self.actor, catalog=catalog, name=name)

    @asks()
    def get(self, full_name: str) -> wire.SchemaInfo:
        return wire.schema(self.named(full_name), Metastore.current())

    @asks(wire.Update)
    def patch(self, params: Params, full_name: str) -> wire.SchemaInfo:
        schema = self.named(full_name)
        self.read_all(wire.Update, lambda: wire.schema(schema, Metastore.current()))
        schema = schemas.update_schema(actor=self.actor, schema=schema, **params)
        return wire.schema(schema, Metastore.current())

    @asks(wire.Delete)
    def delete(self, params: Params, full_name: str) -> Nothing:
        schemas.delete_schema(actor=self.actor, schema=self.named(full_name), force=params["force"])
        return {}
