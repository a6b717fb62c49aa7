"""A logged model: what it was measured at, its files, and the versions that came of it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from explorer.actors import actor_of
from explorer.views.files import Places, save_file, show_picture
from explorer.views.finding import find_experiment
from explorer.views.runs import files_or_none
from explorer.views.shared import Tabs, active_tab, can
from explorer.views.tracked import tracked
from registry.authorization import Operation
from registry.exceptions import DoesNotExist
from registry.models import ArtifactRoot, Experiment
from registry.services.versions import logged_models
from registry.tracking import files, runs
from registry.tracking.runs import LoggedModel

TABS: Tabs = (("overview", "Overview"), ("artifacts", "Artifacts"))


@tracked
def detail(request: HttpRequest, experiment_id: int, model_id: str) -> HttpResponse:
    actor, (experiment, model) = actor_of(request), find_logged_model(request, experiment_id, model_id)
    tab = active_tab(request, TABS)
    context: dict[str, Any] = {
        "experiment": experiment, "logged": model, "tabs": TABS, "active_tab": tab,
        "can": can(actor, experiment, Operation.READ_EXPERIMENT),
        "versions": logged_models.registered_from(actor=actor, model_id=model_id),
    }  # fmt: skip
    if tab == "artifacts":
        tree = files.tree_of(actor, ArtifactRoot.Kind.MODEL, model_id)
        places = Places("logged-model-file", "logged-model-picture", (experiment_id, model_id))
        context |= files_or_none(request, tree, places)
    return render(request, "explorer/logged_models/detail.html", context)


def find_logged_model(request: HttpRequest, experiment_id: int, model_id: str) -> tuple[Experiment, LoggedModel]:
    """Return the logged model that an address names, and its experiment."""
    experiment = find_experiment(request, experiment_id)
    model = runs.get_logged_model(actor=actor_of(request), model_id=model_id)
    if model.experiment_id != experiment_id:
        raise DoesNotExist(f"There is no logged model {model_id[:100]!r} in {experiment.name}.")
    return experiment, model


@tracked
def download(request: HttpRequest, experiment_id: int, model_id: str, path: str) -> HttpResponseBase:
    """A file as it was logged, to be saved."""
    return save_file(request, files.tree_in(actor_of(request), experiment_id, ArtifactRoot.Kind.MODEL, model_id), path)


@tracked
def picture(request: HttpRequest, experiment_id: int, model_id: str, path: str) -> HttpResponseBase:
    """A picture that a page shows."""
    return show_picture(files.tree_in(actor_of(request), experiment_id, ArtifactRoot.Kind.MODEL, model_id), path)
