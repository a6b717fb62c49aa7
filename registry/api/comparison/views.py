"""Comparing versions: our own resource, next to the dialects."""

from __future__ import annotations

from registry.api.base import ApiView, Params, asks
from registry.api.comparison import serializers as wire
from registry.services.versions import comparison


class CompareVersions(ApiView):
    @asks(wire.Compare)
    def get(self, params: Params) -> wire.ComparisonAnswer:
        """Compare two to four versions, each named ``<catalog>.<schema>.<model>/<number>``, with the first.

        With ``metric``, the answer also has its course over the versions of the first one's model.
        """
        versions = comparison.find_versions(actor=self.actor, references=params["version"])
        compared = comparison.compare_versions(actor=self.actor, versions=versions)
        model, metric = versions[0].registered_model, params["metric"]
        course = comparison.metric_course(actor=self.actor, model=model, name=metric) if metric else []
        return wire.comparison(compared, course)
