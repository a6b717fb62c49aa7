"""Lineage as JSON and CSV."""

from __future__ import annotations

from typing import Any, TypedDict

from rest_framework import serializers

from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.models import LineageNode
from registry.services.versions.impact import Impact
from registry.services.versions.lineage import Direction

KINDS = [kind for kind in LineageNode.Kind if kind is not LineageNode.Kind.MODEL_VERSION]


class AskImpact(serializers.Serializer[Any]):
    """Either a version, or something outside of the catalog by its kind and name."""

    version = serializers.CharField(max_length=900, default="")
    kind = serializers.ChoiceField(choices=KINDS, default=LineageNode.Kind.TABLE)
    name = serializers.CharField(max_length=limits.LINEAGE_NAME_LENGTH, default="")
    direction = serializers.ChoiceField(choices=list(Direction), default=Direction.DOWNSTREAM)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["version"]) is bool(attrs["name"]):
            raise InvalidParameterValue("Name either a version, or something else by kind and name.")
        return attrs


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
