"""A run: what was logged to it, its charts, its files, and what came of it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse

from explorer import forms, run_forms
from explorer.actors import actor_of
from explorer.views import dialogs
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.files import Places, files_tab, save_file, show_picture
from explorer.views.finding import find_experiment
from explorer.views.paging import page_number, words_in
from explorer.views.shared import Tabs, active_tab, can, counted
from explorer.views.tracked import tracked
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, FileDoesNotExist
from registry.models import ArtifactRoot, Experiment
from registry.services.versions import logged_models
from registry.tracking import files, run_changes, run_lists, runs
from registry.tracking.runs import Run
from registry.tracking.trees import RunTree

TABS: Tabs = (("overview", "Overview"), ("metrics", "Metrics"), ("artifacts", "Artifacts"))
CHARTS = 12
"""Charts on a page."""


@tracked
def detail(request: HttpRequest, experiment_id: int, run_id: str) -> HttpResponse:
    actor, (experiment, run) = actor_of(request), find_run(request, experiment_id, run_id)
    tab = active_tab(request, TABS)
    context: dict[str, Any] = {
        "experiment": experiment, "run": run, "active_tab": tab, "tabs": counted(TABS, "metrics", len(run.metrics)),
        "can": can(actor, experiment, Operation.READ_EXPERIMENT, Operation.EDIT_EXPERIMENT),
    }  # fmt: skip
    match tab:
        case "metrics":
            context |= charts_tab(request, list(run.metrics), [run])
        case "artifacts":
            tree = files.tree_of(actor, ArtifactRoot.Kind.RUN, run_id)
            context |= files_or_none(request, tree, Places("run-file", "run-picture", (experiment_id, run_id)))
        case _:
            context |= _overview(request, run)
    return render(request, "explorer/runs/detail.html", context)


def _overview(request: HttpRequest, run: Run) -> dict[str, Any]:
    actor = actor_of(request)
    models = run_lists.search_models(actor=actor, experiment_id=run.experiment_id, run_id=run.run_id)
    return {
        "models": models.items,
        "versions": logged_models.registered_from(actor=actor, run_id=run.run_id),
        "children": run_lists.children_of(actor=actor, run=run).items,
        "parent": _parent(request, run),
    }


def _parent(request: HttpRequest, run: Run) -> Run | None:
    """The run that it is nested in, if that is there and the reader may see it."""
    try:
        return runs.get_run(actor=actor_of(request), run_id=run.parent) if run.parent else None
    except DoesNotExist:
        return None


def charts_tab(request: HttpRequest, metrics: list[str], shown: list[Run]) -> dict[str, Any]:
    """Return the charts of a page: those whose names have the words in them that the address asks for."""
    words, number = words_in(request, "words"), page_number(request)
    fitting = [name for name in metrics if words.lower() in name.lower()]
    first = (number - 1) * CHARTS
    return {
        "words": words,
        "kept": [(name, request.GET[name]) for name in ("activeTab", "show") if name in request.GET],
        "axis": "time" if request.GET.get("axis") == "time" else "step",
        "charts": fitting[first : first + CHARTS],
        "count": len(fitting),
        "page_number": number,
        "has_more": len(fitting) > first + CHARTS,
        "charted": shown,
    }


def files_or_none(request: HttpRequest, tree: RunTree, places: Places) -> dict[str, Any]:
    """Return what the tab of files shows; nothing, where there have been none."""
    try:
        return files_tab(request, tree, places)
    except FileDoesNotExist:
        return {"files": []}


def find_run(request: HttpRequest, experiment_id: int, run_id: str) -> tuple[Experiment, Run]:
    """Return the run that an address names, and its experiment."""
    experiment = find_experiment(request, experiment_id)
    run = runs.get_run(actor=actor_of(request), run_id=run_id)
    if run.experiment_id != experiment_id:
        raise DoesNotExist(f"There is no run {run_id[:100]!r} in {experiment.name}.")
    return experiment, run


@tracked
def download(request: HttpRequest, experiment_id: int, run_id: str, path: str) -> HttpResponseBase:
    """A file as it was logged, to be saved."""
    return save_file(request, files.tree_in(actor_of(request), experiment_id, ArtifactRoot.Kind.RUN, run_id), path)


@tracked
def picture(request: HttpRequest, experiment_id: int, run_id: str, path: str) -> HttpResponseBase:
    """A picture that a page shows."""
    return show_picture(files.tree_in(actor_of(request), experiment_id, ArtifactRoot.Kind.RUN, run_id), path)


@tracked
def rename(request: HttpRequest, experiment_id: int, run_id: str) -> HttpResponse:
    _, run = find_run(request, experiment_id, run_id)

    def perform(fields: Fields) -> None:
        run_changes.rename_run(actor=actor_of(request), run_id=run_id, name=fields["name"])

    form = run_forms.RunName(submitted(request), initial={"name": run.name})
    return answer(request, Dialog(f"Rename {run.name}", "Rename", _page(run)), form, perform)


@tracked
def describe(request: HttpRequest, experiment_id: int, run_id: str) -> HttpResponse:
    _, run = find_run(request, experiment_id, run_id)
    save = partial(run_changes.describe_run, actor=actor_of(request), run_id=run_id)
    return dialogs.describe(request, run.name, _page(run), run.description, lambda text: save(text=text))


@tracked
def set_tag(request: HttpRequest, experiment_id: int, run_id: str) -> HttpResponse:
    _, run = find_run(request, experiment_id, run_id)

    def perform(fields: Fields) -> None:
        run_changes.tag_runs(actor=actor_of(request), run_ids=[run_id], key=fields["key"], value=fields["value"])

    initial = {name: request.GET.get(name, "") for name in ("key", "value")}
    form = run_forms.RunTag(submitted(request), initial=initial)
    return answer(request, Dialog(f"Tag {run.name}", "Save", _page(run)), form, perform)


@tracked
def delete_tag(request: HttpRequest, experiment_id: int, run_id: str) -> HttpResponse:
    """Remove the tag that the address names (``key``)."""
    _, run = find_run(request, experiment_id, run_id)
    key = request.GET.get("key", "")

    def perform(fields: Fields) -> None:
        run_changes.delete_tag(actor=actor_of(request), run_id=run_id, key=key)

    dialog = Dialog(f"Remove the tag {key} from {run.name}", "Remove", _page(run), danger=True)
    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _page(run: Run) -> str:
    return reverse("run", args=[run.experiment_id, run.run_id])
