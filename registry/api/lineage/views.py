"""Lineage: our own resource, beside the dialects."""

from __future__ import annotations

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from registry.api.base import ApiView, Params, asks
from registry.api.contracts import declares
from registry.api.lineage import serializers as wire
from registry.http import export
from registry.models import LineageNode
from registry.names import VersionName
from registry.services.metadata import aliases
from registry.services.versions import impact
from registry.services.versions.impact import Impact


class ImpactView(ApiView):
    def impact(self, params: Params) -> Impact:
        if not params["version"]:
            kind = LineageNode.Kind(params["kind"])
            return impact.impact_of_thing(
                actor=self.actor, kind=kind, name=params["name"], direction=params["direction"]
            )
        version = aliases.find_model_version(actor=self.actor, name=VersionName.parse(params["version"]))
        return impact.impact_of_version(actor=self.actor, version=version, direction=params["direction"])


class GetImpact(ImpactView):
    @asks(wire.AskImpact)
    def get(self, params: Params) -> wire.ImpactAnswer:
        """What depends on a version (``<catalog>.<schema>.<model>/<number>`` or ``…@<alias>``), or on a table, a file
        or something else by its ``kind`` and ``name``, however far; with ``direction`` UPSTREAM, what it is made of."""
        return wire.impact(self.impact(params))


class ExportImpact(ImpactView):
    @declares(asks=wire.AskImpact, gives_text=("text/csv",))
    def get(self, request: Request) -> StreamingHttpResponse:
        """The same as CSV."""
        lines = export.as_csv(impact.COLUMNS, self.impact(self.parse(wire.AskImpact)).rows)
        headers = {"Content-Disposition": 'attachment; filename="impact.csv"'}
        return StreamingHttpResponse(lines, headers=headers, content_type="text/csv; charset=utf-8")
