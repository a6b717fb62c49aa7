"""Schemas."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer import deleting, forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.finding import find_catalog, find_schema
from explorer.views.schema_models import models_table
from explorer.views.shared import ACTIVITY, PERMISSIONS, active_tab, can, side_tab
from registry.authorization import Operation
from registry.models import ModelVersion
from registry.services.hierarchy import schemas, securables, tables
from registry.services.labels.certification import certification_in

TABLES = 100
"""Tables that the page of a schema shows."""
TABS = (("overview", "Overview"), PERMISSIONS, ACTIVITY)


def detail(request: HttpRequest, schema: tuple[str, str]) -> HttpResponse:
    actor = actor_of(request)
    securable = find_schema(request, schema)
    tags = securable.tags.all()
    context = {
        "schema": securable,
        "catalog": securable.catalog,
        "securable": securable,
        "tabs": TABS,
        "active_tab": active_tab(request, TABS),
        "can_rename": securables.may_rename(actor=actor, securable=securable),
        "tags": tags,
        "certification": certification_in(tags),
        "can": can(
            actor, securable, Operation.SET_TAG, Operation.CERTIFY, Operation.TRANSFER_OWNERSHIP,
            Operation.UPDATE_SCHEMA, Operation.DELETE_SCHEMA,
            Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS,
            Operation.CREATE_REGISTERED_MODEL, Operation.CREATE_TABLE,
        ),
    }  # fmt: skip
    if (tab := side_tab(request, str(context["active_tab"]), securable)) is not None:
        return render(request, "explorer/schemas/detail.html", context | tab)
    some = list(tables.list_known_tables(actor=actor, schema=securable)[: TABLES + 1])
    context |= {"tables": some[:TABLES], "more_tables": len(some) > TABLES}
    return render(request, "explorer/schemas/detail.html", context | models_table(request, securable))


def create(request: HttpRequest, catalog: str) -> HttpResponse:
    actor = actor_of(request)
    parent = find_catalog(request, catalog)
    dialog = Dialog(f"Create a schema in {parent.name}", "Create", page_of(parent))

    def perform(fields: dict[str, Any]) -> str:
        schema = schemas.create_schema(actor=actor, catalog=parent, name=fields["name"], comment=fields["comment"])
        return page_of(schema)

    return answer(request, dialog, forms.Named(submitted(request)), perform)


def delete(request: HttpRequest, schema: tuple[str, str]) -> HttpResponse:
    securable = find_schema(request, schema)
    inside = ModelVersion.objects.filter(registered_model__schema=securable)
    missed = deleting.who_misses_it(actor_of(request), securable, inside)
    gone = "Without its name only an empty one is deleted."
    lead = deleting.lead(gone, missed)
    dialog = Dialog(f"Delete schema {securable.full_name}", "Delete", page_of(securable), lead, danger=True)

    def perform(fields: dict[str, Any]) -> str:
        uid, name = securable.uid, securable.full_name
        schemas.delete_schema(actor=actor_of(request), schema=securable, force=fields["force"])
        deleting.tell(request.session, actor_of(request), f"{name} was deleted", uid)
        return page_of(securable.catalog)

    form = forms.DeleteContainer(submitted(request), full_name=securable.full_name)
    return answer(request, dialog, form, perform)
