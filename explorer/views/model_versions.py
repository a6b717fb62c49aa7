"""Model versions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.shared import ACTIVITY, active_tab, can, side_tab
from registry.authorization import Operation
from registry.models import ModelVersion
from registry.names import FullName
from registry.services import copies, lineage, model_versions, registered_models

TABS = (("overview", "Overview"), ("lineage", "Lineage"), ACTIVITY)


def detail(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    actor = actor_of(request)
    found = find(request, full_name, version)
    context = {
        "version": found,
        "source": model_versions.sources_of(actor=actor, versions=[found])[found.pk],
        "model": found.registered_model,
        "schema": found.registered_model.schema,
        "catalog": found.registered_model.schema.catalog,
        "tabs": TABS,
        "active_tab": active_tab(request, TABS),
        "unfinished_job": found.jobs.unfinished().first(),
        "can": can(
            actor, found,
            Operation.UPDATE_MODEL_VERSION, Operation.DELETE_MODEL_VERSION, Operation.SET_ALIAS, Operation.SET_TAG,
            Operation.READ_ARTIFACTS,
        ),
    }  # fmt: skip
    context |= side_tab(request, str(context["active_tab"]), found) or {}
    if context["active_tab"] == "lineage":
        context["lineage"] = lineage.get_lineage(actor=actor, version=found)
    return render(request, "explorer/model_versions/detail.html", context)


def edit_comment(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    found = find(request, full_name, version)
    dialog = Dialog(f"Describe version {found.version}", "Save", page_of(found))

    def perform(asked: dict[str, Any]) -> None:
        model_versions.update_model_version(actor=actor_of(request), version=found, comment=asked["comment"])

    return answer(request, dialog, forms.Comment(submitted(request), initial={"comment": found.comment}), perform)


def copy(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    """Choose where to copy this version; then show the job that does it."""
    source = find(request, full_name, version)
    lead = "The files, the description and the tags are copied; aliases are not."
    dialog = Dialog(f"Copy version {source.version} of {source.registered_model.name}", "Copy", page_of(source), lead)

    def perform(asked: dict[str, Any]) -> str:
        full_name = FullName.parse(asked["destination"] or asked["new_model"])
        job = copies.copy_model_version_to(actor=actor_of(request), source=source, full_name=full_name)
        return reverse("job", args=[job.pk])

    destinations = registered_models.list_copy_destinations(actor=actor_of(request))
    form = forms.Copy(submitted(request), destinations=[model.full_name for model in destinations])
    return answer(request, dialog, form, perform)


def delete(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    found = find(request, full_name, version)
    lead = "Its aliases, tags and files are deleted, and its number is never used again. This cannot be undone."
    dialog = Dialog(f"Delete {found}", "Delete", page_of(found), lead, danger=True)

    def perform(asked: dict[str, Any]) -> str:
        model_versions.delete_model_version(actor=actor_of(request), version=found)
        return reverse("registered-model", args=[full_name])

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def find(request: HttpRequest, full_name: FullName, version: int) -> ModelVersion:
    """The version that an address names, if the reader may know of it."""
    actor = actor_of(request)
    model = registered_models.get_registered_model(actor=actor, full_name=full_name)
    return model_versions.get_model_version(actor=actor, model=model, version=version)
