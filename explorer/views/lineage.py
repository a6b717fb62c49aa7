"""The Lineage tab of models and versions, the steps beyond it, and what depends on something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from explorer.actors import actor_of
from explorer.views.finding import find_version
from explorer.views.shared import words_in
from registry.http import export
from registry.kinds import kind_of
from registry.models import LineageNode, ModelVersion, RegisteredModel
from registry.names import FullName
from registry.services.shared.graph import Direction
from registry.services.versions import impact, lineage
from registry.services.versions.impact import Impact, Reach

SHOWN = 500
"""Dependants that the page shows; a file has them all."""
RANGES = {"": "All time", "365": "The last year", "30": "The last 30 days"}
"""The times whose edges can be asked for, in days. (Databricks begins with a year: older edges are not kept there.)"""


def lineage_tab(request: HttpRequest, subject: RegisteredModel | ModelVersion) -> dict[str, Any]:
    days = request.GET.get("since", "")
    days = days if days in RANGES else ""
    since = timezone.now() - timedelta(days=int(days)) if days else None
    graph = lineage.get_lineage(actor=actor_of(request), subject=subject, since=since)
    url = (
        reverse("model-version-impact", args=kind_of(subject).arguments(subject))
        if isinstance(subject, ModelVersion)
        else ""
    )
    return {"lineage": graph, "ranges": RANGES, "since": days, "impact_url": url if graph.is_readable else ""}


def neighbours(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    """One more step of a lineage graph: what lies beyond a version, up or down (``side``)."""
    context = lineage_tab(request, find_version(request, full_name, version))
    side = "downstream" if request.GET.get("side") == "downstream" else "upstream"
    nodes = getattr(context["lineage"], side)
    return render(request, "components/lineage.html#branch", {**context, "nodes": nodes, "side": side})


def version_impact(request: HttpRequest, full_name: FullName, version: int) -> HttpResponseBase:
    """What depends on a version, or what it is made of."""
    found, direction = find_version(request, full_name, version), _direction(request)
    result = impact.impact_of_version(actor=actor_of(request), version=found, reach=Reach(direction))
    return _impact(request, found, "Model version", result, direction)


def thing_impact(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """What depends on something outside the catalog, or what it is made of."""
    node, direction = impact.find_thing(actor=actor_of(request), uid=uid), _direction(request)
    result = impact.impact_of_node(actor=actor_of(request), node=node, reach=Reach(direction))
    return _impact(request, node, LineageNode.Kind(node.kind).label, result, direction)


def find_impact(request: HttpRequest) -> HttpResponseBase:
    """Ask for a table by its name. Of one that is hidden, or that nobody has named, nothing is told."""
    name, direction = words_in(request, "table").strip(), _direction(request)
    kind = LineageNode.Kind.TABLE
    result = impact.impact_of_thing(actor=actor_of(request), kind=kind, name=name, reach=Reach(direction))
    return _impact(request, name, kind.label if name else "", result, direction)


def _direction(request: HttpRequest) -> Direction:
    return Direction.UPSTREAM if request.GET.get("direction") == "UPSTREAM" else Direction.DOWNSTREAM


def _impact(request: HttpRequest, subject: object, kind: str, result: Impact, direction: Direction) -> HttpResponseBase:
    if request.GET.get("format") == "csv":
        headers = {"Content-Disposition": 'attachment; filename="impact.csv"'}
        lines = export.as_csv(impact.COLUMNS, result.rows)
        return StreamingHttpResponse(lines, headers=headers, content_type="text/csv; charset=utf-8")
    context = {
        "subject": subject,
        "kind": kind,
        "impact": result,
        "shown": result.dependants[:SHOWN],
        "more": max(0, len(result.dependants) - SHOWN),
        "is_upstream": direction is Direction.UPSTREAM,
        "table": request.GET.get("table", ""),
    }
    return render(request, "explorer/lineage/impact.html", context)
