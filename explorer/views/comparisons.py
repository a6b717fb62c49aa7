"""Versions side by side. The address names them, so it can be shared."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer.actors import actor_of
from explorer.charts import line_chart
from explorer.views.paging import words_in
from explorer.views.shared import can
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import ModelVersion
from registry.services.finding import lookup
from registry.services.versions import comparison
from registry.services.versions.sections import Row, Section

_ROWS = 200
"""Rows of a section that are shown at once."""


def index(request: HttpRequest) -> HttpResponse:
    """Compare the versions that the address names (``version``, two to four times)."""
    references = [text for text in request.GET.getlist("version") if text.strip()]
    context: dict[str, Any] = {"references": references, "most": comparison.MOST}
    if len(references) < comparison.LEAST:
        return render(request, "explorer/comparisons/index.html", context)
    try:
        versions = comparison.find_versions(actor=actor_of(request), references=references)
    except (DoesNotExist, InvalidParameterValue) as error:
        context["error"] = error.message
        status = 404 if isinstance(error, DoesNotExist) else 400
        return render(request, "explorer/comparisons/index.html", context, status=status)
    versions = comparison.ordered(versions, request.GET.get("base", ""))
    compared = comparison.compare_versions(actor=actor_of(request), versions=versions)
    models = {version.registered_model for version in versions}
    context |= {
        "base": versions[0],
        "versions": versions,
        "model": models.pop() if len(models) == 1 else None,
        "actions": [_actions(request, version) for version in versions[1:]],
        "compared": compared,
        "verdicts": list(zip(versions[1:], compared.signatures, strict=True)),
        "shows_all": request.GET.get("show") == "all",
        "sections": _shown(request, compared),
        "heads": [(version, _without(request, versions, version), _based_on(request, version)) for version in versions],
    }
    return render(request, "explorer/comparisons/index.html", context | _course(request, compared))


def suggestions(request: HttpRequest) -> HttpResponse:
    """Versions by the letters in ``version``: options to choose from."""
    versions = lookup.list_versions(actor=actor_of(request), text=words_in(request, "version"), most=50)
    return render(request, "components/suggestions.html", {"suggestions": versions})


def _shown(request: HttpRequest, compared: comparison.VersionComparison) -> list[tuple[Section, list[Row], int]]:
    """Each section with its rows to show, and how many more there are: two models may differ in thousands of files."""
    shows_all, most = request.GET.get("show") == "all", None if request.GET.get("rows") == "all" else _ROWS
    rows = [section.rows if shows_all else section.differences for section in compared.sections]
    return [
        (section, lines[:most], len(lines) - len(lines[:most]))
        for section, lines in zip(compared.sections, rows, strict=True)
    ]


def _course(request: HttpRequest, compared: comparison.VersionComparison) -> dict[str, Any]:
    """The chart of one metric over all versions of the first version's model."""
    metrics = [row.name for section in compared.sections if section.name == "Metrics" for row in section.rows]
    if not metrics:
        return {}
    chosen = request.GET.get("metric", "")
    metric = chosen if chosen in metrics else metrics[0]
    model = compared.versions[0].registered_model
    points = comparison.metric_course(actor=actor_of(request), model=model, name=metric)
    if not points:
        return {}
    marked = {version.version for version in compared.versions if version.registered_model == model}
    return {"metrics": metrics, "metric": metric, "course_of": model, "chart": line_chart(points, marked)}


def _actions(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """What users do next with a version that was compared."""
    return {"version": version, **can(actor_of(request), version, Operation.SET_ALIAS, Operation.READ_ARTIFACTS)}


def _based_on(request: HttpRequest, version: ModelVersion) -> str:
    """The query of the same comparison with ``version`` as the measure."""
    query = request.GET.copy()
    query["base"] = comparison.reference_of(version)
    return query.urlencode()


def _without(request: HttpRequest, versions: list[ModelVersion], version: ModelVersion) -> str:
    """The query of the same comparison without one version."""
    query = request.GET.copy()
    others = [other for other in versions if other != version]
    query.setlist("version", [comparison.reference_of(other) for other in others])
    return query.urlencode()
