"""Where OpenLineage's clients send their events."""

from __future__ import annotations

from registry.api.base import ApiView, Nothing, Params, asks
from registry.api.openlineage import serializers as wire
from registry.services.versions import openlineage

_UNDONE = ("FAIL", "ABORT")
"""Events of runs that came to nothing."""


class Lineage(ApiView):
    @asks(wire.Event)
    def post(self, params: Params) -> Nothing:
        """An event of OpenLineage. Jobs, datasets and versions become nodes; ids of runs, and facets, are not kept.

        A version is a dataset in the namespace ``mlflow-uc://<host>``: ``<catalog>.<schema>.<model>``, with the facet
        ``version`` (its number, or an alias).
        """
        if "job" in params and params["eventType"] not in _UNDONE:
            inputs, outputs = ([wire.named(item) for item in params[side]] for side in ("inputs", "outputs"))
            openlineage.record_event(actor=self.actor, job=wire.named(params["job"]), inputs=inputs, outputs=outputs)
        return {}
