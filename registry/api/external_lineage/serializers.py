"""External metadata and external lineage, as databricks-sdk has them."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import Items, PropertiesField, TextField
from registry.models import ExternalMetadata, LineageNode, Metastore, Relationship
from registry.services.hierarchy.external_metadata import SYSTEMS
from registry.services.shared.graph import Direction

Kind = LineageNode.Kind


class PageOf(serializers.Serializer[Any]):
    page_size = serializers.IntegerField(required=False, allow_null=True)
    page_token = TextField(default="")

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """As ``PageFields`` calls it."""
        read = super().to_internal_value(data)
        return {**read, "max_results": read.get("page_size")}


class CreateExternalMetadata(serializers.Serializer[Any]):
    name = serializers.CharField(trim_whitespace=False)
    system_type = serializers.ChoiceField(choices=SYSTEMS)
    entity_type = serializers.CharField(max_length=limits.NAME_LENGTH)
    url = TextField(default="", max_length=limits.LOCATION_LENGTH)
    description = TextField(default="")
    columns = Items(serializers.CharField(max_length=limits.NAME_LENGTH), default=list, max_length=limits.COLUMNS)
    properties = PropertiesField(default=dict)
    owner = TextField()


class UpdateExternalMetadata(serializers.Serializer[Any]):
    """Fields named in ``update_mask`` are changed; without a mask, or with ``*``, those that are there."""

    update_mask = TextField(default="*", max_length=1_000)
    name = TextField()
    system_type = serializers.ChoiceField(choices=SYSTEMS, required=False)
    entity_type = serializers.CharField(max_length=limits.NAME_LENGTH, required=False)
    url = TextField(max_length=limits.LOCATION_LENGTH)
    description = TextField()
    columns = Items(serializers.CharField(max_length=limits.NAME_LENGTH), required=False, max_length=limits.COLUMNS)
    properties = PropertiesField(required=False)
    owner = TextField()


class Named(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=limits.LINEAGE_NAME_LENGTH)


class VersionMessage(Named):
    version = serializers.CharField(max_length=20)


class PathMessage(serializers.Serializer[Any]):
    url = serializers.CharField(max_length=limits.LINEAGE_NAME_LENGTH)


class ObjectMessage(serializers.Serializer[Any]):
    """One of a table, a version, a path and external metadata."""

    table = Named(required=False)
    model_version = VersionMessage(required=False)
    path = PathMessage(required=False)
    external_metadata = Named(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Name one of table, model_version, path and external_metadata.")
        return attrs


class Flat(serializers.Serializer[Any]):
    """Takes what clients flatten into a query: ``source.table.name=…`` is the name of the table of the source."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        nested: dict[str, Any] = {}
        for key, value in data.items():
            *above, last = key.split(".")
            place = nested
            for name in above:
                place = place.setdefault(name, {})
                if not isinstance(place, dict):
                    raise serializers.ValidationError(f"{key} is listed twice.")
            place[last] = value
        read: dict[str, Any] = super().to_internal_value(nested)
        return read


class ColumnPair(serializers.Serializer[Any]):
    source = serializers.CharField(max_length=limits.NAME_LENGTH)  # type: ignore[assignment]
    target = serializers.CharField(max_length=limits.NAME_LENGTH)


class Ends(serializers.Serializer[Any]):
    source = ObjectMessage()  # type: ignore[assignment]
    target = ObjectMessage()
    id = TextField(max_length=255)


class CreateRelationship(Ends):
    columns = Items(ColumnPair(), default=list, max_length=limits.COLUMNS)
    properties = PropertiesField(default=dict)


class UpdateRelationship(Ends):
    update_mask = TextField(default="*", max_length=1_000)
    columns = Items(ColumnPair(), required=False, max_length=limits.COLUMNS)
    properties = PropertiesField(required=False)


class DeleteRelationship(Flat):
    external_lineage_relationship = Ends()


class ListRelationships(PageOf, Flat):
    object_info = ObjectMessage()
    lineage_direction = serializers.ChoiceField(choices=list(Direction))


class ExternalMetadataInfo(TypedDict):
    name: str
    system_type: str
    entity_type: str
    url: str
    description: str
    columns: list[str]
    properties: dict[str, str]
    owner: str
    id: str
    metastore_id: str
    create_time: str
    created_by: str
    update_time: str
    updated_by: str


class ExternalMetadataPage(TypedDict):
    external_metadata: list[ExternalMetadataInfo]
    next_page_token: NotRequired[str]


class RelationshipInfo(TypedDict):
    id: str
    source: dict[str, Any]
    target: dict[str, Any]
    columns: list[dict[str, str]]
    properties: dict[str, str]


class ExternalLineageInfo(TypedDict):
    external_lineage_info: RelationshipInfo
    table_info: NotRequired[dict[str, str]]
    model_info: NotRequired[dict[str, Any]]
    file_info: NotRequired[dict[str, str]]
    external_metadata_info: NotRequired[dict[str, str]]


class ExternalLineagePage(TypedDict):
    external_lineage_relationships: list[ExternalLineageInfo]
    next_page_token: NotRequired[str]


def named(message: dict[str, Any]) -> tuple[LineageNode.Kind, str]:
    """Read what an object is, by its kind and name."""
    ((kind, told),) = message.items()
    if kind == "model_version":
        return Kind.MODEL_VERSION, f"{told['name']}/{told['version']}"
    if kind == "path":
        return Kind.FILE, told["url"]
    return (Kind.TABLE if kind == "table" else Kind.EXTERNAL), told["name"]


def external_metadata(metadata: ExternalMetadata, metastore: Metastore) -> ExternalMetadataInfo:
    return {
        "name": metadata.name,
        "system_type": metadata.system_type,
        "entity_type": metadata.entity_type,
        "url": metadata.url,
        "description": metadata.comment,
        "columns": metadata.columns,
        "properties": metadata.properties,
        "owner": metadata.owner_name,
        "id": str(metadata.uid),
        "metastore_id": str(metastore.uid),
        "create_time": metadata.created_at.isoformat(),
        "created_by": metadata.created_by,
        "update_time": metadata.updated_at.isoformat(),
        "updated_by": metadata.updated_by,
    }


def relationship(row: Relationship) -> RelationshipInfo:
    return {
        "id": str(row.uid),
        "source": _object(row.edge.source),
        "target": _object(row.edge.target),
        "columns": row.columns,
        "properties": row.properties,
    }


def lineage(row: Relationship, direction: Direction) -> ExternalLineageInfo:
    """Describe a relationship, with what is at its other end."""
    node: LineageNode = getattr(row.edge, direction.ends[1])
    at = {"event_time": row.edge.first_seen_at.isoformat()}
    info: ExternalLineageInfo = {"external_lineage_info": relationship(row)}
    if node.version is not None:
        name = node.version.registered_model.full_name
        info["model_info"] = {"model_name": name, "version": node.version.version, **at}
    elif node.external is not None:
        told = node.external
        info["external_metadata_info"] = {
            "name": told.name, "system_type": told.system_type, "entity_type": told.entity_type, **at,
        }  # fmt: skip
    elif node.kind == Kind.TABLE:
        catalog, schema, name = [*str(node).split(".", 2), "", ""][:3]
        info["table_info"] = {"catalog_name": catalog, "schema_name": schema, "name": name, **at}
    else:
        info["file_info"] = {"path": node.name, **at}
    return info


def _object(node: LineageNode) -> dict[str, Any]:
    if node.version is not None:
        model = node.version.registered_model.full_name
        return {"model_version": {"name": model, "version": str(node.version.version)}}
    if node.kind == Kind.EXTERNAL:
        return {"external_metadata": {"name": node.name}}
    return {"table": {"name": str(node)}} if node.kind == Kind.TABLE else {"path": {"url": node.name}}
