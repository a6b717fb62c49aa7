"""Catalogs: the first page, and a catalog's own."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import deleting, forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.navigation import with_counts
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.finding import find_catalog
from explorer.views.lists import listing
from explorer.views.shared import ACTIVITY, PERMISSIONS, active_tab, can, side_tab
from registry.authorization import Operation
from registry.models import Metastore, ModelVersion
from registry.services.hierarchy import catalogs, schemas, securables
from registry.services.labels.certification import certification_in

TABS = (("overview", "Overview"), PERMISSIONS, ACTIVITY)


def index(request: HttpRequest) -> HttpResponse:
    """Every catalog that the reader can see."""
    actor = actor_of(request)
    context = {
        **listing(request, with_counts(actor, catalogs.list_catalogs(actor=actor))),
        "can": can(actor, Metastore.current(), Operation.CREATE_CATALOG),
    }
    return render(request, "explorer/catalogs/index.html", context)


def detail(request: HttpRequest, catalog: str) -> HttpResponse:
    actor = actor_of(request)
    securable = find_catalog(request, catalog)
    tags = securable.tags.all()
    context = {
        "catalog": securable,
        "securable": securable,
        "tabs": TABS,
        "active_tab": active_tab(request, TABS),
        "can_rename": securables.may_rename(actor=actor, securable=securable),
        "tags": tags,
        "certification": certification_in(tags),
        "can": can(
            actor, securable, Operation.SET_TAG, Operation.CERTIFY, Operation.TRANSFER_OWNERSHIP,
            Operation.CREATE_SCHEMA, Operation.UPDATE_CATALOG, Operation.DELETE_CATALOG,
            Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS,
        ),
    }  # fmt: skip
    if (tab := side_tab(request, str(context["active_tab"]), securable)) is not None:
        return render(request, "explorer/catalogs/detail.html", context | tab)
    rows = with_counts(actor, schemas.list_schemas(actor=actor, catalog=securable))
    return render(request, "explorer/catalogs/detail.html", context | listing(request, rows))


def create(request: HttpRequest) -> HttpResponse:
    dialog = Dialog("Create a catalog", "Create", reverse("catalogs"))

    def perform(fields: dict[str, Any]) -> str:
        catalog = catalogs.create_catalog(actor=actor_of(request), name=fields["name"], comment=fields["comment"])
        return page_of(catalog)

    return answer(request, dialog, forms.Named(submitted(request)), perform)


def delete(request: HttpRequest, catalog: str) -> HttpResponse:
    actor = actor_of(request)
    securable = find_catalog(request, catalog)
    inside = ModelVersion.objects.filter(registered_model__schema__catalog=securable)
    missed = deleting.who_misses_it(actor_of(request), securable, inside)
    gone = "Without its name only an empty one is deleted."
    lead = deleting.lead(gone, missed)
    dialog = Dialog(f"Delete catalog {securable.name}", "Delete", page_of(securable), lead, danger=True)

    def perform(fields: dict[str, Any]) -> str:
        uid = securable.uid
        catalogs.delete_catalog(actor=actor, catalog=securable, force=fields["force"])
        deleting.tell(request.session, actor, f"{catalog} was deleted", uid)
        return reverse("catalogs")

    form = forms.DeleteContainer(submitted(request), full_name=securable.name)
    return answer(request, dialog, form, perform)
