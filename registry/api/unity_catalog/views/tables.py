"""Tables that are stored elsewhere, for all clients of ``/api/2.1/unity-catalog/tables``."""

from __future__ import annotations

from registry.api.base import Nothing, Params, asks
from registry.api.unity_catalog.serializers import tables as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.exceptions import DoesNotExist
from registry.models import Metastore, Table
from registry.names import FullName
from registry.services.hierarchy import tables
from registry.services.shared import finders

_EXISTS = 400, "TABLE_ALREADY_EXISTS"


class Tables(DialectView):
    exists = _EXISTS

    @asks(wire.ListTables)
    def get(self, params: Params) -> wire.TableList:
        """List the tables of a schema. With ``include_browse`` also what BROWSE shows."""
        schema = finders.get_schema(actor=self.actor, catalog=params["catalog_name"], name=params["schema_name"])
        listed = tables.list_known_tables if params["include_browse"] else tables.list_tables
        about = f"{schema.pk} {params['include_browse']}"
        rows, token = self.page(
            listed(actor=self.actor, schema=schema), params, keys=("name",), default=50, most=50, about=about
        )
        browsed = tables.only_browsed(actor=self.actor, tables=rows) if params["include_browse"] else set()
        without = {part for part in ("columns", "properties") if params[f"omit_{part}"]}
        metastore = Metastore.current()
        infos = [wire.table(row, metastore, browse_only=row.pk in browsed, without=without) for row in rows]
        return {"tables": infos, "next_page_token": token}

    @asks(wire.CreateTable)
    def post(self, params: Params) -> wire.TableInfo:
        """Register an external table: its location, its format and its columns are kept as they are given."""
        self.read_all(wire.CreateTable)
        described = tables.Described(
            storage_location=params["storage_location"],
            data_source_format=params["data_source_format"],
            comment=params["comment"] or "",
            columns=params["columns"],
            properties=params.get("properties") or {},
        )
        full_name = FullName.of(params["catalog_name"], params["schema_name"], params["name"], "table")
        table = tables.create_table(actor=self.actor, full_name=full_name, described=described)
        return wire.table(table, Metastore.current())


class GetTable(DialectView):
    """Also where MLflow asks, below ``/api/2.0``, for the id of a table that someone trains on."""

    def named(self, full_name: str) -> Table:
        return finders.get_table(actor=self.actor, full_name=FullName.parse(full_name, "table"))

    @asks(wire.GetTable)
    def get(self, params: Params, full_name: str) -> wire.TableInfo:
        if not params["include_browse"]:
            table = finders.read_table(actor=self.actor, full_name=FullName.parse(full_name, "table"))
            return wire.table(table, Metastore.current())
        table = self.named(full_name)
        browsed = bool(tables.only_browsed(actor=self.actor, tables=[table]))
        return wire.table(table, Metastore.current(), browse_only=browsed)


class TableByName(GetTable):
    exists = _EXISTS

    @asks(wire.UpdateTable)
    def patch(self, params: Params, full_name: str) -> wire.TableInfo:
        table = self.named(full_name)
        browsed = bool(tables.only_browsed(actor=self.actor, tables=[table]))
        self.read_all(wire.UpdateTable, lambda: wire.table(table, Metastore.current(), browse_only=browsed))
        owner, comment = params.get("owner") or None, params.get("comment")
        table = tables.update_table(actor=self.actor, table=table, owner=owner, comment=comment)
        return wire.table(table, Metastore.current())

    @asks()
    def delete(self, full_name: str) -> Nothing:
        """Forget a table. The data itself stays as it is."""
        tables.delete_table(actor=self.actor, table=self.named(full_name))
        return {}


class TableExists(DialectView):
    @asks()
    def get(self, full_name: str) -> wire.TableExistence:
        """Return whether there is a table of that name, as far as the caller can see."""
        try:
            finders.get_table(actor=self.actor, full_name=FullName.parse(full_name, "table"))
        except DoesNotExist:
            return {"table_exists": False}
        return {"table_exists": True}


class TableSummaries(DialectView):
    @asks(wire.ListSummaries)
    def get(self, params: Params) -> wire.TableSummaryList:
        """List the names of a catalog's tables that match the patterns (``%`` is any text, ``_`` any character)."""
        catalog = finders.get_catalog(actor=self.actor, name=params["catalog_name"])
        patterns = {"schema__name": params["schema_name_pattern"], "name": params["table_name_pattern"]}
        like = {f"{column}__ilike": pattern.lower() for column, pattern in patterns.items() if pattern}
        rows, token = self.page(
            tables.list_tables_of_catalog(actor=self.actor, catalog=catalog).filter(**like),
            params,
            keys=("schema__name", "name"),
            default=10_000,
            most=10_000,
            about=f"{catalog.pk} {like}",
        )
        return {"tables": [wire.summary(row) for row in rows], "next_page_token": token}
