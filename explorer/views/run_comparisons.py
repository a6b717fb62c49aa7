"""Runs side by side, and the numbers of charts. The address names the runs, so it can be shared."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import render

from explorer.actors import actor_of
from explorer.charts import scatter
from explorer.views.paging import words_in
from explorer.views.runs import charts_tab
from explorer.views.tracked import tracked
from registry.tracking import comparing, courses
from registry.tracking.runs import Run


@tracked
def index(request: HttpRequest) -> HttpResponse:
    """Compare the runs that the address names (``run``)."""
    found = comparing.find_runs(actor=actor_of(request), run_ids=request.GET.getlist("run"))
    sections, shows_all = comparing.compare_runs(found), request.GET.get("show") == "all"
    metrics = sorted({name for run in found for name in run.metrics})
    context = {
        "runs": found, "shows_all": shows_all,
        "heads": [(run, _without(request.GET, run)) for run in found],
        "sections": [(section, section.rows if shows_all else section.differences, 0) for section in sections],
        **_scatter(request, found),
        **charts_tab(request, metrics, found),
    }  # fmt: skip
    return render(request, "explorer/runs/compare.html", context)


@tracked
def course(request: HttpRequest) -> HttpResponse:
    """The points of one ``metric`` in the runs that the address names (``run``), for a chart."""
    run_ids = list(dict.fromkeys(request.GET.getlist("run")))
    metric = words_in(request, "metric")
    points = courses.courses_of(actor=actor_of(request), run_ids=run_ids, metric=metric)
    lines = [{"run": c.run_id, "steps": c.steps, "times": c.times, "values": c.values} for c in points]
    return JsonResponse({"courses": lines})


def _scatter(request: HttpRequest, found: Sequence[Run]) -> dict[str, Any]:
    """The chart of one number of each run against another: metrics, and params that are numbers."""
    axes = comparing.numbers_of(found)
    x, y = words_in(request, "x"), words_in(request, "y")
    names = list(axes)
    if len(names) < 2:
        return {}
    x = x if x in axes else next((name for name in names if name.startswith("params.")), names[0])
    y = y if y in axes else next((name for name in names if name.startswith("metrics.") and name != x), names[-1])
    points = [
        (axes[x][run.run_id], axes[y][run.run_id], run.name or run.run_id)
        for run in found
        if run.run_id in axes[x] and run.run_id in axes[y]
    ]
    return {"axes": names, "x": x, "y": y, "scatter": scatter(points) if points else None}


def _without(query: QueryDict, run: Run) -> str:
    """The query of the same comparison without one run."""
    rest = query.copy()
    rest.setlist("run", [run_id for run_id in query.getlist("run") if run_id != run.run_id])
    return rest.urlencode()
