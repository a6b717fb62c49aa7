"""External metadata: what other systems have, and what that has to do with what is here."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import elsewhere_forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.forms import Confirm
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.lineage import lineage_tab
from explorer.views.paging import paginate, words_in
from explorer.views.shared import PERMISSIONS, active_tab, can, side_tab
from registry import authorization
from registry.authorization import Operation
from registry.models import ExternalMetadata, Metastore
from registry.services.hierarchy import external_metadata

TABS = (("overview", "Overview"), ("lineage", "Lineage"), PERMISSIONS)


def find_external(request: HttpRequest, name: str) -> ExternalMetadata:
    return external_metadata.get_external_metadata(actor=actor_of(request), name=name)


def index(request: HttpRequest) -> HttpResponse:
    actor, words = actor_of(request), words_in(request, "words")
    rows = external_metadata.list_external_metadata(actor=actor)
    if words:
        rows = rows.filter(name__contains=words.lower())
    context = {
        "page": paginate(request, rows),
        "words": words,
        "may_create": authorization.allows(actor, Operation.CREATE_EXTERNAL_METADATA, Metastore.current()),
    }
    return render(request, "explorer/external/index.html", context)


def detail(request: HttpRequest, name: str) -> HttpResponse:
    actor, metadata = actor_of(request), find_external(request, name)
    tab = active_tab(request, TABS)
    may = can(
        actor, metadata,
        Operation.UPDATE_EXTERNAL_METADATA, Operation.DELETE_EXTERNAL_METADATA, Operation.TRANSFER_OWNERSHIP,
        Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS,
    )  # fmt: skip
    context: dict[str, Any] = {
        "metadata": metadata, "securable": metadata, "tabs": TABS, "active_tab": tab, "can": may,
    }  # fmt: skip
    if tab == "lineage":
        context |= lineage_tab(request, metadata.lineage_nodes.get())
    return render(request, "explorer/external/detail.html", context | (side_tab(request, tab, metadata) or {}))


def create(request: HttpRequest) -> HttpResponse:
    lead = "Everyone can see it at first. Its owner can change that."
    dialog = Dialog("Name something of another system", "Create", reverse("external-metadata-index"), lead)

    def perform(fields: Fields) -> str:
        name, described = fields.pop("name"), external_metadata.Described(**fields)
        row = external_metadata.create_external_metadata(actor=actor_of(request), name=name, described=described)
        return page_of(row)

    return answer(request, dialog, elsewhere_forms.NameExternal(submitted(request)), perform)


def delete(request: HttpRequest, name: str) -> HttpResponse:
    metadata = find_external(request, name)
    lead = "Lineage keeps its name for those who reported it. Its grants are deleted."
    dialog = Dialog(f"Delete {metadata.name}", "Delete", page_of(metadata), lead, danger=True)

    def perform(fields: Fields) -> str:
        external_metadata.delete_external_metadata(actor=actor_of(request), metadata=metadata)
        return reverse("external-metadata-index")

    return answer(request, dialog, Confirm(submitted(request)), perform)
