"""What databricks-sdk calls external metadata and external lineage."""

from __future__ import annotations

from typing import Any

from registry.api.base import ApiView, Nothing, Params, asks
from registry.api.external_lineage import serializers as wire
from registry.exceptions import InvalidParameterValue
from registry.models import Metastore
from registry.services.hierarchy import external_metadata
from registry.services.shared.graph import Direction
from registry.services.versions import drawn, relationships
from registry.services.versions.relationships import End


class ExternalMetadataList(ApiView):
    @asks(wire.PageOf)
    def get(self, params: Params) -> wire.ExternalMetadataPage:
        """List the external metadata that the caller may read, by name."""
        rows, token = self.page(
            external_metadata.list_external_metadata(actor=self.actor), params, keys=("name",), default=100, most=1000
        )
        metastore = Metastore.current()
        return {
            "external_metadata": [wire.external_metadata(row, metastore) for row in rows],
            "next_page_token": token,
        }

    @asks(wire.CreateExternalMetadata)
    def post(self, params: Params) -> wire.ExternalMetadataInfo:
        """Register something in another system, so that lineage can lead from it and to it."""
        described = external_metadata.Described(
            system_type=params["system_type"],
            entity_type=params["entity_type"],
            url=params["url"],
            comment=params["description"],
            columns=params["columns"],
            properties=params["properties"],
        )
        owner = params.get("owner") or None
        row = external_metadata.create_external_metadata(
            actor=self.actor, name=params["name"], described=described, owner=owner
        )
        return wire.external_metadata(row, Metastore.current())


class ExternalMetadataByName(ApiView):
    @asks()
    def get(self, name: str) -> wire.ExternalMetadataInfo:
        row = external_metadata.get_external_metadata(actor=self.actor, name=name)
        return wire.external_metadata(row, Metastore.current())

    @asks(wire.UpdateExternalMetadata)
    def patch(self, params: Params, name: str) -> wire.ExternalMetadataInfo:
        """Change the fields that ``update_mask`` names. The name stays."""
        if params.get("name") and params["name"].lower() != name.lower():
            raise InvalidParameterValue("External metadata keeps its name.")
        row = external_metadata.get_external_metadata(actor=self.actor, name=name)
        told = _masked(params, "system_type", "entity_type", "url", "description", "columns", "properties", "owner")
        if "description" in told:
            told["comment"] = told.pop("description")
        owner = told.pop("owner", None) or None
        row = external_metadata.update_external_metadata(actor=self.actor, metadata=row, owner=owner, **told)
        return wire.external_metadata(row, Metastore.current())

    @asks()
    def delete(self, name: str) -> Nothing:
        row = external_metadata.get_external_metadata(actor=self.actor, name=name)
        external_metadata.delete_external_metadata(actor=self.actor, metadata=row)
        return {}


class ExternalLineage(ApiView):
    def end(self, message: dict[str, Any]) -> End:
        kind, name = wire.named(message)
        return relationships.find_end(actor=self.actor, kind=kind, name=name)

    def ends(self, message: dict[str, Any]) -> dict[str, Any]:
        return {side: self.end(message[side]) for side in ("source", "target")}

    @asks(wire.ListRelationships)
    def get(self, params: Params) -> wire.ExternalLineagePage:
        """List the relationships on one side of an object, with what is at their other ends."""
        direction, end = Direction(params["lineage_direction"]), self.end(params["object_info"])
        rows, token = self.page(
            drawn.list_relationships(actor=self.actor, end=end, direction=direction),
            params,
            keys=("pk",),
            default=100,
            most=1000,
            about=f"{direction} {end.entity.kind} {end.entity.key}",
        )
        return {
            "external_lineage_relationships": [wire.lineage(row, direction) for row in rows],
            "next_page_token": token,
        }

    @asks(wire.CreateRelationship)
    def post(self, params: Params) -> wire.RelationshipInfo:
        """Create a relationship from one object to another."""
        if params.get("id"):
            raise InvalidParameterValue("The server assigns the IDs of relationships.")
        ends, told = self.ends(params), {name: params[name] for name in ("columns", "properties")}
        row = relationships.create_relationship(actor=self.actor, **ends, **told)
        return wire.relationship(row)

    @asks(wire.UpdateRelationship)
    def patch(self, params: Params) -> wire.RelationshipInfo:
        """Change the columns or the properties of a relationship, which is found by its ends."""
        changes = _masked(params, "columns", "properties")
        ends, uid = self.ends(params), params.get("id", "")
        row = relationships.update_relationship(actor=self.actor, **ends, uid=uid, **changes)
        return wire.relationship(row)

    @asks(wire.DeleteRelationship)
    def delete(self, params: Params) -> Nothing:
        message = params["external_lineage_relationship"]
        relationships.delete_relationship(actor=self.actor, **self.ends(message), uid=message.get("id", ""))
        return {}


_EMPTY: dict[str, Any] = {"url": "", "description": "", "columns": [], "properties": {}}
"""Empty what a mask names and the body lacks: clients leave empty values out."""


def _masked(params: Params, *known: str) -> dict[str, Any]:
    """What a request changes: what ``update_mask`` names, or everything that is there."""
    if params["update_mask"] in ("", "*"):
        return {name: params[name] for name in known if name in params}
    named = [name.strip() for name in params["update_mask"].split(",")]
    if unknown := [name for name in named if name not in known]:
        raise InvalidParameterValue(f"{unknown[0][:100]!r} cannot be changed.")
    if bare := [name for name in named if name not in params and name not in _EMPTY]:
        raise InvalidParameterValue(f"{bare[0]} is named by update_mask, and has no value.")
    return {name: params.get(name, _EMPTY.get(name)) for name in named}
