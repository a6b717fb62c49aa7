"""Comparing versions: our own resource, beside the dialects."""

from __future__ import annotations

from registry.api.base import ApiView, Asked, asks
from registry.api.comparison import serializers as wire
from registry.services import comparison


class CompareVersions(ApiView):
    @asks(wire.Compare)
    def get(self, asked: Asked) -> wire.ComparisonAnswer:
        """Two to four versions, each named ``<catalog>.<schema>.<model>/<number>``, compared with the first."""
        versions = comparison.find_versions(actor=self.actor, references=asked["version"])
        return wire.comparison(comparison.compare_versions(actor=self.actor, versions=versions))
