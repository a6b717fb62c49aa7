"""The Lineage tab of models and versions, and the steps beyond it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from explorer.actors import actor_of
from explorer.views.finding import find_version
from registry.models import ModelVersion, RegisteredModel
from registry.names import FullName
from registry.services.versions import lineage

RANGES = {"": "All time", "365": "The last year", "30": "The last 30 days"}
"""The times whose edges can be asked for, in days. (Databricks begins with a year: older edges are not kept there.)"""


def lineage_tab(request: HttpRequest, subject: RegisteredModel | ModelVersion) -> dict[str, Any]:
    days = request.GET.get("since", "")
    days = days if days in RANGES else ""
    since = timezone.now() - timedelta(days=int(days)) if days else None
    graph = lineage.get_lineage(actor=actor_of(request), subject=subject, since=since)
    return {"lineage": graph, "ranges": RANGES, "since": days}


def neighbours(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    """One more step of a lineage graph: what lies beyond a version, up or down (``side``)."""
    context = lineage_tab(request, find_version(request, full_name, version))
    side = "downstream" if request.GET.get("side") == "downstream" else "upstream"
    nodes = getattr(context["lineage"], side)
    return render(request, "components/lineage.html#branch", {**context, "nodes": nodes, "side": side})
