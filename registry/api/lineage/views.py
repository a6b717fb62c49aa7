"""Lineage: our own resource, next to the dialects."""

from __future__ import annotations

from collections.abc import Iterable

import orjson
from django.http import StreamingHttpResponse
from rest_framework.request import Request

from registry.api.base import ApiView, Params, asks
from registry.api.contracts import declares
from registry.api.lineage import serializers as wire
from registry.http import export, paging
from registry.models import LineageNode, ModelVersion
from registry.names import FullName, VersionName
from registry.services.metadata import aliases
from registry.services.versions import edges, impact, openlineage_events
from registry.services.versions.impact import Impact


class LineageView(ApiView):
    def version(self, params: Params) -> ModelVersion:
        return aliases.find_model_version(actor=self.actor, name=VersionName.parse(params["version"]))

    def nodes(self, params: Params) -> list[LineageNode]:
        """What is asked about: a version, or something else by its kind and name."""
        if params["version"]:
            return edges.nodes_of_version(actor=self.actor, version=self.version(params))
        return impact.things_called(actor=self.actor, kind=LineageNode.Kind(params["kind"]), name=params["name"])


class ImpactView(LineageView):
    def impact(self, params: Params) -> Impact:
        reach = wire.reach(params)
        if not params["version"]:
            kind = LineageNode.Kind(params["kind"])
            return impact.impact_of_thing(actor=self.actor, kind=kind, name=params["name"], reach=reach)
        return impact.impact_of_version(actor=self.actor, version=self.version(params), reach=reach)


class Neighbours(LineageView):
    @asks(wire.AskNeighbours)
    def get(self, params: Params) -> wire.NeighbourPage:
        """List the edges on one side of a version, or of something else by its ``kind`` and ``name``, oldest first: how
        they came about, when (between ``since`` and ``until``), and who reported them. Pages hold at most 1,000."""
        nodes, reach = self.nodes(params), wire.reach(params)
        question = paging.question_of(sorted(node.pk for node in nodes), reach, self.actor.principal.pk)
        size = paging.clamp(params.get("max_results"), default=100, most=1_000)
        (after,) = paging.read_token(params["page_token"], question, 1) if params["page_token"] else (0,)
        found, last = edges.list_edges(actor=self.actor, nodes=nodes, reach=reach, size=size, after=after)
        token = paging.write_token(question, [last]) if last else ""
        return {"neighbours": [wire.neighbour(each) for each in found], "next_page_token": token}


class ExportEvents(LineageView):
    @declares(asks=wire.AskEvents, gives_text=("application/jsonl",))
    def get(self, request: Request) -> StreamingHttpResponse:
        """Export what a version, or all versions of a model, came from and goes to, as OpenLineage events, one a line.

        Another server that has these versions can read them at ``/api/v1/lineage``."""
        params = self.parse(wire.AskEvents)
        versions: Iterable[ModelVersion] = (
            [self.version(params)]
            if params["version"]
            else openlineage_events.versions_of(actor=self.actor, full_name=FullName.parse(params["model"]))
        )
        told = openlineage_events.events_of(actor=self.actor, versions=versions, host=request.get_host())
        lines = (orjson.dumps(event) + b"\n" for event in told)
        return export.as_file(lines, "lineage.jsonl", "application/jsonl")


class GetImpact(ImpactView):
    @asks(wire.AskReach)
    def get(self, params: Params) -> wire.ImpactAnswer:
        """List what depends on a version (``<catalog>.<schema>.<model>/<number>`` or ``…@<alias>``), or a table, a file
        or something else by its ``kind`` and ``name``, however far; with ``direction`` UPSTREAM, what it is made of.

        ``depth`` is the maximum number of edges to follow; ``since`` and ``until`` limit when these came about."""
        return wire.impact(self.impact(params))


class ExportImpact(ImpactView):
    @declares(asks=wire.AskReach, gives_text=("text/csv",))
    def get(self, request: Request) -> StreamingHttpResponse:
        """Return the same as CSV."""
        lines = export.as_csv(impact.COLUMNS, self.impact(self.parse(wire.AskReach)).rows)
        return export.as_file(lines, "impact.csv", "text/csv")
