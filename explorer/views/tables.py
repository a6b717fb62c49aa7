"""Tables that are elsewhere, in their schemas."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer import elsewhere_forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.forms import Confirm
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_schema
from explorer.views.lineage import lineage_tab
from explorer.views.shared import ACTIVITY, PERMISSIONS, active_tab, can, side_tab
from registry.authorization import Operation
from registry.models import Table
from registry.names import FullName
from registry.services.hierarchy import tables
from registry.services.shared import finders

TABS = (("overview", "Overview"), ("lineage", "Lineage"), PERMISSIONS, ACTIVITY)


def find_table(request: HttpRequest, full_name: FullName) -> Table:
    return finders.get_table(actor=actor_of(request), full_name=full_name)


def detail(request: HttpRequest, full_name: FullName) -> HttpResponse:
    actor, table = actor_of(request), find_table(request, full_name)
    tab = active_tab(request, TABS)
    may = can(
        actor, table,
        Operation.READ_TABLE, Operation.UPDATE_TABLE, Operation.DELETE_TABLE, Operation.TRANSFER_OWNERSHIP,
        Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS,
    )  # fmt: skip
    context: dict[str, Any] = {
        "table": table, "schema": table.schema, "catalog": table.schema.catalog, "securable": table,
        "tabs": TABS, "active_tab": tab, "can": may,
    }  # fmt: skip
    if tab == "lineage":
        context |= lineage_tab(request, table.lineage_nodes.get())
    return render(request, "explorer/tables/detail.html", context | (side_tab(request, tab, table) or {}))


def create(request: HttpRequest, schema: tuple[str, str]) -> HttpResponse:
    parent = find_schema(request, schema)
    lead = "The rows stay where they are. This registers its name, its location and who can see it."
    dialog = Dialog(f"Register a table in {parent.full_name}", "Register", page_of(parent), lead)

    def perform(fields: Fields) -> str:
        full_name = FullName.of(*parent.name_parts, fields.pop("name"), "table")
        described = tables.Described(**fields)
        return page_of(tables.create_table(actor=actor_of(request), full_name=full_name, described=described))

    return answer(request, dialog, elsewhere_forms.RegisterTable(submitted(request)), perform)


def delete(request: HttpRequest, full_name: FullName) -> HttpResponse:
    table = find_table(request, full_name)
    lead = "The table itself stays, and lineage keeps its name. Its grants are deleted."
    dialog = Dialog(f"Forget the table {table.full_name}", "Forget", page_of(table), lead, danger=True)

    def perform(fields: Fields) -> str:
        tables.delete_table(actor=actor_of(request), table=table)
        return page_of(table.schema)

    return answer(request, dialog, Confirm(submitted(request)), perform)
