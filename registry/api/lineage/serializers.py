"""Lineage as JSON and CSV."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import MomentField, TextField
from registry.exceptions import InvalidParameterValue
from registry.models import LineageEdge, LineageNode
from registry.services.shared.graph import Direction
from registry.services.versions.edges import Neighbour
from registry.services.versions.impact import Impact, Reach

KINDS = [kind for kind in LineageNode.Kind if kind is not LineageNode.Kind.MODEL_VERSION]


class AskImpact(serializers.Serializer[Any]):
    """Either a version, or something outside of the catalog by its kind and name."""

    version = serializers.CharField(max_length=900, default="")
    kind = serializers.ChoiceField(choices=KINDS, default=LineageNode.Kind.TABLE)
    name = serializers.CharField(max_length=limits.LINEAGE_NAME_LENGTH, default="")
    direction = serializers.ChoiceField(choices=list(Direction), default=Direction.DOWNSTREAM)
    since = MomentField(required=False)
    until = MomentField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["version"]) is bool(attrs["name"]):
            raise InvalidParameterValue("Name either a version, or something else by kind and name.")
        return attrs


class AskReach(AskImpact):
    depth = serializers.IntegerField(min_value=1, max_value=1_000, required=False)


class AskNeighbours(AskImpact):
    max_results = serializers.IntegerField(required=False, allow_null=True)
    page_token = TextField(default="")


class AskEvents(serializers.Serializer[Any]):
    """Either a version, or a model with all its versions."""

    version = serializers.CharField(max_length=900, default="")
    model = serializers.CharField(max_length=900, default="")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["version"]) is bool(attrs["model"]):
            raise InvalidParameterValue("Name either a version or a model.")
        return attrs


class NeighbourAnswer(TypedDict):
    kind: str
    name: str
    edge: str
    first_seen_at: str
    recorded_by: str
    note: str
    is_deleted: bool


class NeighbourPage(TypedDict):
    neighbours: list[NeighbourAnswer]
    next_page_token: NotRequired[str]


class DependantAnswer(TypedDict):
    kind: str
    name: str
    distance: int
    owner: str
    aliases: list[str]
    is_deleted: bool


class ImpactAnswer(TypedDict):
    dependants: list[DependantAnswer]
    owners: list[str]
    hides_something: bool
    is_cut: bool


def impact(result: Impact) -> ImpactAnswer:
    dependants: list[DependantAnswer] = [
        {
            "kind": each.kind,
            "name": each.name,
            "distance": each.distance,
            "owner": each.owner,
            "aliases": list(each.aliases),
            "is_deleted": each.is_deleted,
        }
        for each in result.dependants
    ]
    return {
        "dependants": dependants,
        "owners": result.owners,
        "hides_something": result.hides_something,
        "is_cut": result.is_cut,
    }


def reach(params: dict[str, Any]) -> Reach:
    """Read how far the question goes."""
    return Reach(params["direction"], params.get("depth"), params.get("since"), params.get("until"))


def neighbour(told: Neighbour) -> NeighbourAnswer:
    return {
        "kind": LineageNode.Kind(told.node.kind).label,
        "name": told.name,
        "edge": LineageEdge.Kind(told.edge.kind).label,
        "first_seen_at": told.edge.first_seen_at.isoformat(),
        "recorded_by": told.edge.recorded_by,
        "note": told.note,
        "is_deleted": told.node.is_deleted,
    }
