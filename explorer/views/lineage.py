"""The Lineage tab of models and versions, the steps beyond it, and what depends on something."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.finding import find_model, find_version
from explorer.views.paging import words_in
from registry import authorization
from registry.http import export
from registry.kinds import kind_of
from registry.models import LineageNode, ModelVersion
from registry.names import FullName
from registry.services.shared.graph import Direction
from registry.services.versions import impact, lineage
from registry.services.versions.impact import Impact, Reach
from registry.services.versions.sides import Subject

SHOWN = 500
"""Dependants that the page shows; a file has them all."""
RANGES = {"": "All time", "365": "The last year", "30": "The last 30 days"}
"""The times whose edges can be asked for, in days. (Databricks begins with a year: older edges are not kept there.)"""


def lineage_tab(request: HttpRequest, subject: Subject) -> dict[str, Any]:
    """The graph around a version, a model, or a thing that the reader can see; of only one ``kind``, if given."""
    days = request.GET.get("since", "")
    days = days if days in RANGES else ""
    since = timezone.now() - timedelta(days=int(days)) if days else None
    only = words_in(request, "kind")
    graph = lineage.get_lineage(actor=actor_of(request), subject=subject, since=since, only=only)
    impact_url, own_url = _urls(subject)
    return {
        "lineage": graph,
        "ranges": RANGES,
        "since": days,
        "only": only,
        "own_url": own_url,
        "impact_url": impact_url if graph.is_readable else "",
    }


def _urls(subject: Subject) -> tuple[str, str]:
    """Where the impact of something is shown (not of a model), and one step more of its graph."""
    if isinstance(subject, LineageNode):
        return reverse("thing-impact", args=[subject.uid]), reverse("thing-neighbours", args=[subject.uid])
    arguments = kind_of(subject).arguments(subject)
    if isinstance(subject, ModelVersion):
        return reverse("model-version-impact", args=arguments), reverse("model-version-neighbours", args=arguments)
    return "", reverse("registered-model-neighbours", args=arguments)


def neighbours(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    """One more step of a lineage graph: what is beyond a version, up or down (``side``)."""
    return _branch(request, find_version(request, full_name, version))


def neighbours_of_model(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """The neighbors of one ``kind`` of all versions of a model."""
    return _branch(request, find_model(request, full_name))


def neighbours_of_thing(request: HttpRequest, uid: UUID) -> HttpResponse:
    """What is beyond something outside the catalog."""
    return _branch(request, impact.find_thing(actor=actor_of(request), uid=uid))


def _branch(request: HttpRequest, subject: Subject) -> HttpResponse:
    context = lineage_tab(request, subject)
    side = "downstream" if request.GET.get("side") == "downstream" else "upstream"
    nodes = getattr(context["lineage"], side)
    return render(request, "components/lineage.html#branch", {**context, "nodes": nodes, "side": side})


def thing(request: HttpRequest, uid: UUID) -> HttpResponse:
    """The graph around something outside the catalog. What is registered here has a page of its own, which shows it."""
    actor, node = actor_of(request), impact.find_thing(actor=actor_of(request), uid=uid)
    row = node.table or node.external
    if row is not None and authorization.is_visible(actor, row):
        return redirect(f"{page_of(row)}?activeTab=lineage")
    return render(request, "explorer/lineage/thing.html", lineage_tab(request, node))


def version_impact(request: HttpRequest, full_name: FullName, version: int) -> HttpResponseBase:
    """What depends on a version, or what it is made of."""
    found, direction = find_version(request, full_name, version), _direction(request)
    result = impact.impact_of_version(actor=actor_of(request), version=found, reach=Reach(direction))
    return _impact(request, found, "Model version", result, direction)


def thing_impact(request: HttpRequest, uid: UUID) -> HttpResponseBase:
    """What depends on something outside the catalog, or what it is made of."""
    node, direction = impact.find_thing(actor=actor_of(request), uid=uid), _direction(request)
    result = impact.impact_of_node(actor=actor_of(request), node=node, reach=Reach(direction))
    name = lineage.name_of(actor_of(request), node)
    return _impact(request, name, LineageNode.Kind(node.kind).label, result, direction)


def find_impact(request: HttpRequest) -> HttpResponseBase:
    """Ask for a table by its name. Nothing is said about one that is hidden, or that no one has named."""
    name, direction = words_in(request, "table").strip(), _direction(request)
    kind = LineageNode.Kind.TABLE
    result = impact.impact_of_thing(actor=actor_of(request), kind=kind, name=name, reach=Reach(direction))
    return _impact(request, name, kind.label if name else "", result, direction)


def _direction(request: HttpRequest) -> Direction:
    return Direction.UPSTREAM if request.GET.get("direction") == "UPSTREAM" else Direction.DOWNSTREAM


def _impact(request: HttpRequest, subject: object, kind: str, result: Impact, direction: Direction) -> HttpResponseBase:
    if request.GET.get("format") == "csv":
        return export.as_file(export.as_csv(impact.COLUMNS, result.rows), "impact.csv", "text/csv")
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
