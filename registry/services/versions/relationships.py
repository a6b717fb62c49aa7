"""Relationships that people draw: between what is ours, what is elsewhere, and what other systems have.

Drawing one takes MODIFY on the external metadata that it names, the right to read what is ours at its beginning, and
the right to write what is ours at its end. That is databricks-sdk's external lineage, where one end is external
metadata; here it need not be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet

from accounts.models import Scope
from registry import authorization, limits, names
from registry.actor import Actor
from registry.audit import lineage as events
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue
from registry.models import (
    ExternalMetadata,
    LineageEdge,
    LineageNode,
    ModelVersion,
    Relationship,
    Table,
    locks,
)
from registry.names import VersionName, plain_text
from registry.services.hierarchy import external_metadata
from registry.services.metadata import aliases
from registry.services.shared import graph
from registry.services.shared.graph import Edge, Entity, Kind

_READ: dict[type, Operation] = {
    ModelVersion: Operation.READ_REGISTERED_MODEL,
    Table: Operation.READ_TABLE,
    ExternalMetadata: Operation.READ_EXTERNAL_METADATA,
}
_WRITE: dict[type, Operation] = {
    ModelVersion: Operation.CREATE_MODEL_VERSION,
    Table: Operation.UPDATE_TABLE,
    ExternalMetadata: Operation.UPDATE_EXTERNAL_METADATA,
}
_ORDER: dict[type, int] = {ModelVersion: 0, Table: 1, ExternalMetadata: 2}
"""In which rows are held (``locks``)."""
_BY_HAND = (Edge.RELATED, Edge.DERIVED)


@dataclass(frozen=True)
class End:
    """One end of a relationship: something of ours (``row``), or a name."""

    entity: Entity
    row: ModelVersion | Table | ExternalMetadata | None = None

    @property
    def label(self) -> str:
        return str(self.row) if self.row is not None else self.entity.label


def end_of(row: ModelVersion | Table | ExternalMetadata) -> End:
    """Return something of ours as an end."""
    if isinstance(row, Table):
        return End(Entity(Kind.TABLE, row.full_name, row.full_name, graph.table_key(row)), row)
    kind = Kind.MODEL_VERSION if isinstance(row, ModelVersion) else Kind.EXTERNAL
    return End(Entity(kind, str(row), row_key=str(row.uid)), row)


def find_end(*, actor: Actor, kind: LineageNode.Kind, name: str) -> End:
    """Return what has that name. A table that ``actor`` may not see is a name, like one that is registered nowhere.

    Versions and external metadata must exist, and ``actor`` must be allowed to read them.
    """
    if kind == Kind.MODEL_VERSION:
        return end_of(aliases.find_model_version(actor=actor, name=VersionName.parse(name)))
    if kind == Kind.EXTERNAL:
        return end_of(external_metadata.get_external_metadata(actor=actor, name=name))
    text = plain_text(name, limits.LINEAGE_NAME_LENGTH).strip()
    if not text:
        raise InvalidParameterValue("A name has 1 to 1,100 characters, none of them a control character.")
    if kind != Kind.TABLE:
        return End(Entity(kind, text))
    entity = Entity(kind, text, text)
    table = graph.registered_tables(actor, [entity]).get(entity)
    return end_of(table) if table is not None else End(entity)


def create_relationship(
    *,
    actor: Actor,
    source: End,
    target: End,
    columns: Sequence[Mapping[str, str]] = (),
    properties: Mapping[str, str] | None = None,
    note: str = "",
) -> Relationship:
    """Draw a relationship from ``source`` to ``target``. There is one between two ends, no matter who draws it.

    Everyone relates a table that is only a name for themselves: no one learns by drawing what others have drawn.
    """
    _require(actor, source, target, Action.CREATE_RELATIONSHIP)
    described = _checked(columns=columns, properties=properties or {}, note=note)
    with transaction.atomic():
        ends = _held_nodes([source, target])
        if _between(actor, source, target, ends).exists():
            raise AlreadyExists(f"{source.label} and {target.label} are related already.")
        _require_room(source, target, ends)
        kind = Edge.DERIVED if all(isinstance(end.row, ModelVersion) for end in (source, target)) else Edge.RELATED
        edge = LineageEdge.objects.create(source=ends[0], target=ends[1], kind=kind, recorded_by=actor.name)
        relationship = Relationship.objects.create(edge=edge, **described)
        events.relationship_created(actor, _ours(source, target), **_told(source, target, note))
    return relationship


def update_relationship(*, actor: Actor, source: End, target: End, uid: str = "", **described: Any) -> Relationship:
    """Change what is said about a relationship (``columns``, ``properties``, ``note``); what is absent stays.

    It is found by its ends; if a ``uid`` is given, it must be that of the relationship.
    """
    _require(actor, source, target, Action.UPDATE_RELATIONSHIP)
    changes = _checked(**described)
    with transaction.atomic():
        relationship = _held(actor, source, target, uid)
        for name, value in changes.items():
            setattr(relationship, name, value)
        relationship.save(update_fields=list(changes))
        events.relationship_updated(actor, _ours(source, target), **_told(source, target, relationship.note))
    return relationship


def delete_relationship(*, actor: Actor, source: End, target: End, uid: str = "") -> None:
    """Remove a relationship that someone has drawn. It is found as in ``update_relationship``."""
    _require(actor, source, target, Action.DELETE_RELATIONSHIP)
    with transaction.atomic():
        relationship = _held(actor, source, target, uid)
        events.relationship_deleted(actor, _ours(source, target), **_told(source, target, relationship.note))
        relationship.edge.delete()


def require_read(actor: Actor, end: End) -> None:
    """Raise unless ``actor`` may read what is ours at that end."""
    if end.row is not None:
        authorization.require(actor, _READ[type(end.row)], end.row)


def may_draw(*, actor: Actor, version: ModelVersion) -> bool:
    """Return whether ``actor`` may draw relationships that lead to ``version``."""
    return authorization.allows(actor, _WRITE[ModelVersion], version)


def _require(actor: Actor, source: End, target: End, action: Action) -> None:
    authorization.require_scope(actor, Scope.REGISTRY, action)
    if source.entity.kind == target.entity.kind and source.entity.key == target.entity.key:
        raise InvalidParameterValue("A relationship leads from one thing to another one.")
    if source.row is None and target.row is None:
        raise InvalidParameterValue("One end of a relationship is a version, a registered table or external metadata.")
    for operation, row in _needed(source, target):
        authorization.require(actor, operation, row)


def _needed(source: End, target: End) -> Iterator[tuple[Operation, ModelVersion | Table | ExternalMetadata]]:
    """What users must be allowed to do to the ends: external metadata is written, at whichever end it is."""
    for end, needed in ((source, _READ), (target, _WRITE)):
        if end.row is not None:
            yield (_WRITE if isinstance(end.row, ExternalMetadata) else needed)[type(end.row)], end.row


def _checked(**described: Any) -> dict[str, Any]:
    checks: dict[str, Any] = {"columns": _columns, "properties": names.properties, "note": _note}
    return {name: checks[name](value) for name, value in described.items()}


def _columns(columns: Sequence[Mapping[str, str]]) -> list[dict[str, str]]:
    if len(columns) > limits.COLUMNS:
        raise InvalidParameterValue(f"There are at most {limits.COLUMNS} pairs of columns.")
    return [dict(pair) for pair in columns]


def _note(text: str) -> str:
    if len(text) > limits.NOTE_LENGTH:
        raise InvalidParameterValue(f"A note has at most {limits.NOTE_LENGTH} characters, not {len(text)}.")
    return text


def _held_nodes(ends: Sequence[End]) -> tuple[LineageNode, LineageNode]:
    """The nodes of two ends, held in the order of their keys: only one caller at a time draws at each."""
    rows = sorted((end.row for end in ends if end.row is not None), key=lambda row: (_ORDER[type(row)], row.pk))
    for row in rows:
        locks.hold(row)
        if isinstance(row, ModelVersion):
            graph.node_of(row)
    nodes = graph.nodes_of([end.entity for end in ends])
    locks.hold_all(LineageNode.objects.filter(pk__in=[node.pk for node in nodes.values()]))
    source, target = (nodes[end.entity] for end in ends)
    return source, target


def _between(actor: Actor, source: End, target: End, nodes: Sequence[LineageNode]) -> QuerySet[Relationship]:
    edges: dict[str, Any] = {"edge__source": nodes[0], "edge__target": nodes[1], "edge__kind__in": _BY_HAND}
    if _is_mere_name(source, target):
        edges["edge__recorded_by"] = actor.name
    return Relationship.objects.select_related("edge").filter(**edges)


def _is_mere_name(source: End, target: End) -> bool:
    """Whether one of the ends is only the name of a table, not a table that is seen."""
    return any(end.entity.kind == Kind.TABLE and end.row is None for end in (source, target))


def may_change(actor: Actor, source: End, target: End, relationship: Relationship) -> bool:
    """Return whether ``actor`` may change a relationship. Users who may only read one end, and name the other, change
    nothing that others have drawn."""
    may = all(authorization.allows(actor, operation, row) for operation, row in _needed(source, target))
    row = target.row or source.row
    if not may or row is None or relationship.edge.recorded_by == actor.name:
        return may
    return not _is_mere_name(source, target) and authorization.allows(actor, _WRITE[type(row)], row)


def _held(actor: Actor, source: End, target: End, uid: str) -> Relationship:
    relationship = _between(actor, source, target, _held_nodes([source, target])).first()
    if relationship is None or (uid and uid != str(relationship.uid)):
        raise DoesNotExist(f"{source.label} and {target.label} are not related.")
    row = target.row or source.row
    if relationship.edge.recorded_by != actor.name and row is not None:
        authorization.require(actor, _WRITE[type(row)], row)
    return relationship


def _require_room(source: End, target: End, nodes: Sequence[LineageNode]) -> None:
    for node in (node for end, node in zip((source, target), nodes, strict=True) if end.row is not None):
        drawn = LineageEdge.objects.filter(Q(source=node) | Q(target=node), kind__in=_BY_HAND)
        if drawn.count() >= limits.LINEAGE_EDGES_PER_VERSION:
            raise InvalidParameterValue(f"{node} has as many relationships as are kept.")


def _ours(source: End, target: End) -> ModelVersion | Table | ExternalMetadata:
    """Return what an event is about: a version, whose events people read, or else what is ours at the end."""
    rows = [end.row for end in (target, source) if end.row is not None]
    return next((row for row in rows if isinstance(row, ModelVersion)), rows[0])


def _told(source: End, target: End, note: str) -> dict[str, str]:
    return {"source": source.label, "target": target.label, **({"note": note} if note else {})}
