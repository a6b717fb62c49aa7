"""*Import*: name another registry, look at what would come, start it, and read what came of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from explorer import import_forms as forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.paging import paginate
from explorer.views.shared import render_fragment
from registry.exceptions import RegistryError
from registry.models import Import
from registry.remotes.connection import Credential
from registry.services.imports import entries


def index(request: HttpRequest) -> HttpResponse:
    rows = entries.list_imports(actor=actor_of(request)).defer("report")  # which the list does not show
    page = paginate(request, rows)
    return render(request, "explorer/imports/index.html", {"page": page, "is_administrator": True})


def create(request: HttpRequest) -> HttpResponse:
    """Name the other registry. Nothing comes before its preview was seen."""
    actor = actor_of(request)
    entries.require_importer(actor)
    lead = "You see what would come before anything does. What is here already stays as it is."
    dialog = Dialog("Import models", "Look at them", reverse("imports"), lead)

    def perform(fields: Fields) -> str:
        imported = entries.create_import(
            actor=actor, kind=fields["kind"], address=fields["address"], destination=fields["destination"],
            credential=Credential(fields["token"], fields["user"]), stages=fields["stages"],
        )  # fmt: skip
        return reverse("import", args=[imported.pk])

    return answer(request, dialog, forms.ImportFrom(submitted(request)), perform)


def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    """One that waits shows what would come, and is started here; one that was started shows what came of it."""
    imported = entries.get_import(actor=actor_of(request), uid=uid)
    if imported.started_at is not None:
        context = {"imported": imported, "job": imported.job}
        return render_fragment(request, "explorer/imports/detail.html", "outcome", context)
    if request.method == "POST":
        return _start(request, imported)
    return _preview(request, imported, {})


def _preview(request: HttpRequest, imported: Import, typed: dict[str, str], error: str = "") -> HttpResponse:
    context: dict[str, Any] = {"imported": imported, "error": error}
    try:
        context["preview"] = entries.preview(actor=actor_of(request), imported=imported)
        context["rows"] = [(model, typed.get(model.name, model.target)) for model in context["preview"].models]
    except RegistryError as refused:
        context["error"] = refused.message
    return render(request, "explorer/imports/preview.html", context, status=400 if error else 200)


def _start(request: HttpRequest, imported: Import) -> HttpResponse:
    """Import the models that were given a name: all, where there are more than the page could show."""
    there, here = request.POST.getlist("model"), request.POST.getlist("name")
    typed = {name: target.strip() for name, target in zip(there, here, strict=False)}
    chosen = {name: target for name, target in typed.items() if target}
    if not chosen and "everything" not in request.POST:
        return _preview(request, imported, typed, "Nothing is left to import: every name is empty.")
    try:
        entries.start_import(
            actor=actor_of(request), imported=imported, chosen={} if "everything" in request.POST else chosen
        )
    except RegistryError as error:
        return _preview(request, imported, typed, error.message)
    return redirect("import", imported.pk)
