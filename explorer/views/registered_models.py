"""Registered models."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import deleting, forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.discussions import discussion_tab
from explorer.views.finding import find_model
from explorer.views.lineage import lineage_tab
from explorer.views.shared import ACTIVITY, DISCUSSION, PERMISSIONS, active_tab, can, counted, side_tab
from explorer.views.versions_table import versions_table
from registry.authorization import Operation
from registry.models import RegisteredModel, Watch
from registry.names import DEPRECATED, FullName, folded
from registry.services.activity import discussions, watching
from registry.services.hierarchy import registered_models
from registry.services.labels import deprecations
from registry.services.labels.certification import certification_in
from registry.services.metadata import alias_history, aliases
from registry.services.versions import changes, registrations

TABS = (("overview", "Overview"), ("lineage", "Lineage"), DISCUSSION, PERMISSIONS, ACTIVITY)


def detail(request: HttpRequest, full_name: FullName) -> HttpResponse:
    actor = actor_of(request)
    model = find_model(request, full_name)
    tags = model.tags.all()
    may = can(
        actor, model,
        Operation.UPDATE_REGISTERED_MODEL, Operation.TRANSFER_OWNERSHIP, Operation.RENAME_REGISTERED_MODEL,
        Operation.DELETE_REGISTERED_MODEL, Operation.SET_ALIAS, Operation.SET_TAG, Operation.CERTIFY,
        Operation.READ_ARTIFACTS, Operation.CREATE_MODEL_VERSION,
        Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS, Operation.READ_REGISTERED_MODEL,
    )  # fmt: skip
    context = {
        "model": model,
        "schema": model.schema,
        "catalog": model.schema.catalog,
        "securable": model,
        "tabs": counted(TABS, "discussion", discussions.count_comments(actor=actor, subject=model)),
        "active_tab": active_tab(request, TABS),
        "tags": tags,
        "certification": certification_in(tags),
        "advice": deprecations.advice_on(actor=actor, model=model) if certification_in(tags) == DEPRECATED else None,
        "can": may,
        "registers_from": bool(registrations.addresses()),
        "watch_level": watching.level_of(actor=actor, model=model),
        "watch_levels": Watch.Level.choices,
    }
    shown = _tab(request, str(context["active_tab"]), model, may_read=may["read_registered_model"])
    return render(request, "explorer/registered_models/detail.html", context | shown)


def _tab(request: HttpRequest, tab: str, model: RegisteredModel, *, may_read: bool) -> dict[str, Any]:
    """What the tab that is shown needs."""
    match tab:
        case "lineage":
            return lineage_tab(request, model)
        case "discussion":
            return discussion_tab(request, model)
        case "permissions" | "activity":
            return side_tab(request, tab, model) or {}
    rows = aliases.list_with_versions(model=model)
    glance = changes.glance(actor=actor_of(request), model=model, aliases=rows)
    return {
        **versions_table(request, model, may_read=may_read),
        **_as_of(request, model),
        "glance": glance,
        "newest": glance[-1].version if glance else None,
        "aliases": rows,
    }


def delete(request: HttpRequest, full_name: FullName) -> HttpResponse:
    model = find_model(request, full_name)
    lead = _what_goes(request, model)
    dialog = Dialog(f"Delete model {model.full_name}", "Delete", page_of(model), lead, danger=True)

    def perform(fields: dict[str, Any]) -> str:
        uid = model.uid
        registered_models.delete_registered_model(actor=actor_of(request), model=model)
        deleting.tell(request.session, actor_of(request), f"{full_name} was deleted", uid)
        return reverse("schema", args=[(full_name.catalog, full_name.schema)])

    if not model.child_count:
        return answer(request, dialog, forms.Confirm(submitted(request)), perform)
    form = forms.ConfirmByName(submitted(request), full_name=model.full_name)
    return answer(request, dialog, form, perform)


def _what_goes(request: HttpRequest, model: RegisteredModel) -> str:
    """What is deleted with a model, and who will miss it."""
    count = model.child_count
    versions = f"{count} version{'' if count == 1 else 's'}" if count else "no versions"
    words = f"Deletes {model.full_name} with {versions}, its tags, grants and all files."
    missed = deleting.who_misses_it(actor_of(request), model, model.versions.all())
    return deleting.lead(words, missed)


def _as_of(request: HttpRequest, model: RegisteredModel) -> dict[str, Any]:
    """The panel of aliases as they were at a time, once a time is given."""
    form = forms.AsOf(request.GET if "at" in request.GET else None, auto_id="as_of_%s")
    context: dict[str, Any] = {"as_of_form": form}
    if form.is_bound and form.is_valid():
        at = form.cleaned_data["at"]
        then = alias_history.list_aliases_at(actor=actor_of(request), model=model, at=at)
        named = model.versions.filter(version__in=[alias.version for alias in then])
        numbers = set(named.values_list("version", flat=True))
        now = {alias.folded: alias.model_version.version for alias in model.aliases.select_related("model_version")}
        context["as_of"] = at
        context["aliases_then"] = [(alias, alias.version in numbers, now.get(folded(alias.name), 0)) for alias in then]
    return context
