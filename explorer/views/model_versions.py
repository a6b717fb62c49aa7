"""Model versions."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import deleting, forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.artifacts import artifacts_tab, pictures_of
from explorer.views.dialogs import Dialog, answer, describe, submitted
from explorer.views.discussions import discussion_tab
from explorer.views.finding import find_version
from explorer.views.lineage import lineage_tab
from explorer.views.relationships import drawing
from explorer.views.shared import ACTIVITY, DISCUSSION, PERMISSIONS, active_tab, can, counted, side_tab
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import ModelVersion
from registry.names import DEPRECATED, FullName
from registry.services.activity import discussions
from registry.services.hierarchy import model_versions
from registry.services.labels import deprecations
from registry.services.labels.certification import certification_in
from registry.services.metadata import aliases
from registry.services.versions import changes, version_details, version_lists
from registry.services.versions.changes import Reference

TABS = (("overview", "Overview"), ("artifacts", "Artifacts"), ("lineage", "Lineage"), DISCUSSION, PERMISSIONS, ACTIVITY)


def detail(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    actor = actor_of(request)
    model_version = find_version(request, full_name, version)
    model = model_version.registered_model
    tab = active_tab(request, TABS)
    may = can(
        actor, model_version,
        Operation.UPDATE_MODEL_VERSION, Operation.DELETE_MODEL_VERSION, Operation.SET_ALIAS, Operation.SET_TAG,
        Operation.READ_ARTIFACTS, Operation.READ_REGISTERED_MODEL, Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS,
    )  # fmt: skip
    context: dict[str, Any] = {
        "version": model_version,
        "model": model,
        "schema": model.schema,
        "catalog": model.schema.catalog,
        "tabs": counted(TABS, "discussion", discussions.count_comments(actor=actor, subject=model_version)),
        "active_tab": tab,
        "certification": (certification := certification_in(model.tags.all())),
        "advice": deprecations.advice_on(actor=actor, model=model) if certification == DEPRECATED else None,
        "unfinished_job": model_version.jobs.unfinished().first() if not model_version.is_ready else None,
        "damages": list(model_version.damages.all()) if model_version.is_ready and may["read_registered_model"] else [],
        "can": may,
        "pictures": pictures_of(model_version) if may["read_artifacts"] and model_version.is_ready else None,
    }
    context |= _head(model_version, may_read=may["read_registered_model"])
    if tab == "overview":
        shown = _overview(actor, model_version, context["reference"]) if may["read_registered_model"] else {}
    else:
        shown = _tab(request, tab, model_version)
    return render(request, "explorer/model_versions/detail.html", context | shown)


def _head(model_version: ModelVersion, *, may_read: bool) -> dict[str, Any]:
    """Its aliases, the versions next to it, and the one that it is measured against."""
    rows = aliases.list_with_versions(model=model_version.registered_model)
    return {
        "own_aliases": [alias for alias in rows if alias.model_version_id == model_version.pk],
        "neighbours": version_lists.numbers_beside(model_version),
        "reference": changes.reference_for(model_version, rows) if may_read else None,
    }


def _tab(request: HttpRequest, tab: str, model_version: ModelVersion) -> dict[str, Any]:
    """What the tab that is shown needs."""
    match tab:
        case "artifacts":
            return artifacts_tab(request, model_version)
        case "lineage":
            return lineage_tab(request, model_version) | drawing(request, model_version)
        case "discussion":
            return discussion_tab(request, model_version)
        case "permissions":
            # A version has no grants of its own: those on its model govern it.
            model = model_version.registered_model
            return {"securable": model, **(side_tab(request, tab, model) or {})}
    return side_tab(request, tab, model_version) or {}


def _overview(actor: Actor, model_version: ModelVersion, reference: Reference | None) -> dict[str, Any]:
    details = version_details.describe_version(actor=actor, version=model_version)
    compared = None
    if reference and model_version.is_ready:
        compared = changes.changes_since(actor=actor, version=model_version, details=details, reference=reference)
    return {
        "source": model_versions.sources_of(actor=actor, versions=[model_version])[model_version.pk],
        "details": details,
        "changes": compared,
        "pickles": changes.pickles_of(actor=actor, version=model_version),
        "params": list(version_details.params_of(model_version).items()),
        "metrics": list(version_details.latest_metrics(model_version.metrics).items()),
    }


def edit_comment(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    actor, model_version = actor_of(request), find_version(request, full_name, version)
    save = model_versions.update_model_version
    name, back, text = f"version {version}", page_of(model_version), model_version.comment
    return describe(request, name, back, text, lambda text: save(actor=actor, version=model_version, comment=text))


def delete(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    model_version = find_version(request, full_name, version)
    own = ModelVersion.objects.filter(pk=model_version.pk)
    missed = deleting.who_misses_it(actor_of(request), model_version.registered_model, own)
    gone = "Its tags and files are deleted, and its number is never used again."
    lead = deleting.lead(missed, gone)
    dialog = Dialog(f"Delete {model_version}", "Delete", page_of(model_version), lead, danger=True)

    def perform(fields: dict[str, Any]) -> str:
        uid = model_version.uid
        model_versions.delete_model_version(actor=actor_of(request), version=model_version)
        deleting.tell(request.session, actor_of(request), f"Version {version} was deleted", uid)
        return reverse("registered-model", args=[full_name])

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)
