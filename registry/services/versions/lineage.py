"""Lineage: what a version was made from, what it was copied to, what uses it; recorded, and drawn for a reader."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import orjson
from django.db import transaction
from django.db.models import Min, Q, QuerySet

from accounts.models import Scope
from registry import audit, authorization, limits
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.kinds import kind_of
from registry.models import LineageEdge, ModelVersion, RegisteredModel, locks
from registry.names import plain_text

Direction = LineageEdge.Direction

NODES = 100
"""Nodes that a side of a graph shows."""


@dataclass(frozen=True)
class Entity:
    """Something outside the catalog that a client named."""

    kind: LineageEdge.Kind
    entity_id: str
    name: str = ""


@dataclass(frozen=True)
class LineageNode:
    """A node of a drawn graph, and ``how`` it is connected. A masked one says that there is something, and not what."""

    kind: str
    label: str
    row: RegisteredModel | ModelVersion | None = None
    masked: bool = False
    how: str = field(default="", compare=False)


@dataclass(frozen=True)
class Graph:
    """The neighbours of a version or of a model, one step up and one step down."""

    upstream: list[LineageNode]
    centre: LineageNode
    downstream: list[LineageNode]
    is_readable: bool = True
    """Whether the reader may know of neighbours at all."""

    @property
    def has_masked(self) -> bool:
        return any(node.masked for node in (*self.upstream, *self.downstream))

    @property
    def cut(self) -> list[str]:
        """The sides that may have more neighbours than are drawn."""
        return [side for side in ("upstream", "downstream") if len(getattr(self, side)) == NODES]


def record_lineage(*, actor: Actor, version: ModelVersion, entities: Iterable[Entity], direction: Direction) -> None:
    """Record edges between ``version`` and ``entities``; those that ``actor`` has told before are left as they are.

    Upstream is told by clients that create a version, downstream by clients that load it.
    """
    upstream = direction == Direction.UPSTREAM
    operation = Operation.CREATE_MODEL_VERSION if upstream else Operation.READ_REGISTERED_MODEL
    authorization.require(actor, operation, version)
    authorization.require_scope(actor, Scope.REGISTRY, Action.EMIT_MODEL_VERSION_LINEAGE)
    considered = list(entities)[: limits.LINEAGE_EDGES_PER_CALL]
    with transaction.atomic():
        locks.hold(version)  # one at a time counts its edges
        edges = version.lineage_edges.filter(direction=direction)
        known = set(edges.filter(recorded_by=actor.name).values_list("kind", "entity_id"))
        new = {(e.kind, e.entity_id): e for e in considered if (e.kind, e.entity_id) not in known}
        if not new or edges.count() + len(new) > limits.LINEAGE_EDGES_PER_VERSION:
            return  # lineage is told in passing: it never stops a client
        rows = [
            LineageEdge(
                model_version=version, direction=direction, kind=entity.kind,
                entity_id=entity.entity_id, name=entity.name, recorded_by=actor.name,
            )
            for entity in new.values()
        ]  # fmt: skip
        LineageEdge.objects.bulk_create(rows, ignore_conflicts=True)
        audit.lineage_recorded(actor, version, [f"{e.kind}:{e.name or e.entity_id}" for e in new.values()])


def get_lineage(*, actor: Actor, subject: RegisteredModel | ModelVersion, since: datetime | None = None) -> Graph:
    """Return the graph around a version, or around all versions of a model, as ``actor`` may see it.

    Its edges are those that came about from ``since`` on; all, where that is None.
    BROWSE alone shows the centre: runs and sources are for users who may read the metadata.
    """
    kind = kind_of(subject).noun.capitalize()
    centre = LineageNode(kind, str(subject), subject)
    if not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, subject):
        return Graph([], centre, [], is_readable=False)
    if isinstance(subject, ModelVersion):
        versions, elsewhere = ModelVersion.objects.filter(pk=subject.pk), ModelVersion.objects.all()
    else:
        versions, elsewhere = subject.versions.order_by(), ModelVersion.objects.exclude(registered_model=subject)
    recent = Q(created_at__gte=since) if since else Q()
    recorded = _recorded_nodes(actor, versions, since)
    runs = versions.filter(recent).exclude(run_id="").order_by("-version").values_list("run_id", flat=True)
    upstream = recorded[Direction.UPSTREAM] + [
        LineageNode("Run", run, how="Logged by this run") for run in runs[:NODES]
    ]
    how = _how_made(subject)
    sources = _version_nodes(actor, elsewhere.filter(pk__in=versions.filter(recent).values("copied_from")))
    upstream += [replace(node, how="" if node.masked else how) for node in sources]
    copies = _version_nodes(actor, elsewhere.filter(recent, copied_from__in=versions))
    downstream = [replace(node, how=_how_made(node.row)) for node in copies]
    downstream += recorded[Direction.DOWNSTREAM]
    return Graph(_few(upstream), centre, _few(downstream))


def read_header(value: str) -> list[Entity]:
    """Read MLflow's lineage header: base64 of JSON. One that cannot be read is none: it never stops a client."""
    if len(value) > limits.LINEAGE_HEADER_LENGTH:
        return []
    try:
        content = orjson.loads(base64.b64decode(value, validate=True))
    except (binascii.Error, ValueError):
        return []
    return read_entities(content)


def read_entities(content: Any) -> list[Entity]:
    """Read ``{"entities": […], "lineages": [{"source_securables": […]}]}``, skipping what has another form."""
    if not isinstance(content, dict):
        return []
    entities = [entity for item in _items(content, "entities") for entity in _outside_entity(item)]
    tables = [
        item["table"]
        for lineage in _items(content, "lineages")
        for item in _items(lineage, "source_securables")
        if isinstance(item.get("table"), dict)
    ]
    for table in tables:
        name, table_id = plain_text(table.get("name"), 800), plain_text(table.get("table_id"), 255)
        if name:
            entities.append(Entity(LineageEdge.Kind.TABLE, table_id or name[:255], name))
    return entities


def _outside_entity(item: dict[str, Any]) -> Iterator[Entity]:
    for kind in (LineageEdge.Kind.NOTEBOOK, LineageEdge.Kind.JOB, LineageEdge.Kind.PIPELINE):
        entity = item.get(kind.value.lower())
        if isinstance(entity, dict) and (entity_id := plain_text(entity.get("id"), 255)):
            yield Entity(kind, entity_id)


def _items(mapping: dict[str, Any], key: str) -> list[dict[str, Any]]:
    items = mapping.get(key)
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _recorded_nodes(
    actor: Actor, versions: QuerySet[ModelVersion], since: datetime | None
) -> dict[Direction, list[LineageNode]]:
    """What clients have told of ``versions``, by direction, each thing once."""
    recorded = LineageEdge.objects.filter(model_version__in=versions).order_by(
        "kind", "name", "entity_id", "first_seen_at"
    )
    recorded = recorded.filter(first_seen_at__gte=since) if since else recorded
    rows = recorded.values("kind", "entity_id", "name", "recorded_by").annotate(first_seen_at=Min("first_seen_at"))
    edges = {
        direction: [LineageEdge(**row) for row in rows.filter(direction=direction)[: limits.LINEAGE_EDGES_PER_VERSION]]
        for direction in Direction
    }
    tables = [edge for side in edges.values() for edge in side if edge.kind == LineageEdge.Kind.TABLE]
    unseen = authorization.unseen_catalogs(actor, {_catalog_of(table) for table in tables})
    return {direction: _edge_nodes(actor, side, unseen) for direction, side in edges.items()}


def _edge_nodes(actor: Actor, edges: Iterable[LineageEdge], unseen: set[str]) -> list[LineageNode]:
    """A node for each thing that was told, as it was first told, or as ``actor`` told it; masked ones last.

    What ``actor`` told itself takes the place of nothing that is masked, and a masked one has no place between two
    names: either would say what its name is.
    """
    shown: dict[tuple[str, str, str], LineageEdge] = {}
    masked: list[LineageNode] = []
    for edge in edges:
        thing = edge.kind, edge.entity_id, edge.name
        if _is_masked(actor, edge, unseen):
            masked.append(LineageNode(str(edge.get_kind_display()), "masked", masked=True))
        elif thing not in shown or edge.recorded_by == actor.name:
            shown[thing] = edge
    return [_entity_node(edge) for edge in shown.values()] + masked


def _few(nodes: list[LineageNode]) -> list[LineageNode]:
    """Each node once, and no more than a page can show."""
    return list(dict.fromkeys(nodes))[:NODES]


def _version_nodes(actor: Actor, versions: QuerySet[ModelVersion]) -> list[LineageNode]:
    """Nodes of ``versions``; masked, where the actor may not know of them."""
    # Sorted here: asked for an order, SQLite reads the whole table in it and not the few rows that an index names.
    keys = sorted(versions.order_by().values_list("pk", flat=True))[:NODES]
    known = ModelVersion.objects.filter(pk__in=keys).select_related("registered_model__schema__catalog")
    shown = authorization.visible(actor, known).in_bulk()
    return [_version_node(shown.get(key)) for key in keys]


def _version_node(version: ModelVersion | None) -> LineageNode:
    if version is None:
        return LineageNode("Model version", "masked", masked=True)
    return LineageNode("Model version", str(version), version)


def _is_masked(actor: Actor, edge: LineageEdge, unseen: set[str]) -> bool:
    """Whether it is not for ``actor`` to know: a table is shown to users who see its catalog, or who named it.

    Tables are not kept here, and whether there is a catalog of that name makes no difference: who tells a name, and
    has somebody else look, learns nothing.
    """
    is_unseen = edge.kind == LineageEdge.Kind.TABLE and _catalog_of(edge) in unseen
    return is_unseen and edge.recorded_by != actor.name


def _entity_node(edge: LineageEdge) -> LineageNode:
    how = _on("Told", edge.first_seen_at, edge.recorded_by)
    return LineageNode(str(edge.get_kind_display()), edge.name or edge.entity_id, how=how)


def _how_made(version: RegisteredModel | ModelVersion | None) -> str:
    """How the edge from a version's source to it came about."""
    return _on("Made", version.created_at, version.created_by) if isinstance(version, ModelVersion) else ""


def _on(what: str, at: datetime, by: str) -> str:
    return f"{what} on {at:%Y-%m-%d %H:%M} UTC by {by}"


def _catalog_of(edge: LineageEdge) -> str:
    """The catalog that the name of a table names."""
    return edge.name.split(".", maxsplit=1)[0].lower()
