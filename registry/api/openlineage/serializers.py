"""Events of OpenLineage (2-0-2), as far as they are read: which job it is, and what it reads and writes."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from registry.api.fields import Items
from registry.services.versions.openlineage import Named

_DATASETS = 1_000
"""Datasets on each side of one event."""


class NamedMessage(serializers.Serializer[Any]):
    namespace = serializers.CharField(max_length=500)
    name = serializers.CharField(max_length=1_000)


class DatasetMessage(NamedMessage):
    facets = serializers.DictField(default=dict)


class Event(serializers.Serializer[Any]):
    """A run event, a job event, or a dataset event, which names no job and says nothing about where data goes."""

    eventType = serializers.CharField(max_length=20, default="OTHER")
    job = NamedMessage(required=False)
    inputs = Items(DatasetMessage(), default=list, max_length=_DATASETS)
    outputs = Items(DatasetMessage(), default=list, max_length=_DATASETS)


def named(message: dict[str, Any]) -> Named:
    """Read a job, or a dataset with the version that its facet names."""
    facet = message.get("facets", {}).get("version")
    version = facet.get("datasetVersion", "") if isinstance(facet, dict) else ""
    return Named(message["namespace"], message["name"], str(version)[:300])
