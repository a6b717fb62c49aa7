"""What the process that keeps runs knows of a version: a fragment of the version's page, which does not wait for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from explorer.actors import actor_of
from explorer.views.finding import find_version
from explorer.views.tracked import tracked
from registry import authorization
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue, TrackingUnavailable
from registry.names import FullName
from registry.tracking import runs

Found = TypeVar("Found")


@tracked
def of_version(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    """The run and the logged model that a version came from, as far as the reader may see them."""
    actor, model_version = actor_of(request), find_version(request, full_name, version)
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model_version)
    context: dict[str, Any] = {"version": model_version}
    try:
        run_id, model_id = model_version.run_id, model_version.model_id
        context["run"] = _or_none(lambda: runs.get_run(actor=actor, run_id=run_id)) if run_id else None
        context["logged"] = (
            _or_none(lambda: runs.get_logged_model(actor=actor, model_id=model_id)) if model_id else None
        )
    except TrackingUnavailable as error:
        context["error"] = error.message
    return render(request, "components/version_run.html", context)


@tracked
def find_run(request: HttpRequest, run_id: str) -> HttpResponse:
    """Lead to a run whose experiment is not known."""
    run = runs.get_run(actor=actor_of(request), run_id=run_id)
    return redirect("run", run.experiment_id, run.run_id)


def _or_none(find: Callable[[], Found]) -> Found | None:
    try:
        return find()
    except (DoesNotExist, InvalidParameterValue):  # it was logged elsewhere, or is not for the reader; or no id of ours
        return None
