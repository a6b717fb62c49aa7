"""Lineage: what a version was made from, what it was copied to, what uses it; recorded, and drawn for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from django.db import transaction
from django.db.models import Min, QuerySet

from accounts.models import Scope
from registry import authorization, limits
from registry.actor import Actor
from registry.audit import lineage as events
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.kinds import kind_of
from registry.models import LineageEdge, LineageNode, ModelVersion, RegisteredModel, locks
from registry.services.shared import graph
from registry.services.shared.graph import Entity
from registry.services.versions.lineage_rights import HIDEABLE, hidden_things, pieces, rows_of, shown_versions

Kind, Edge = LineageNode.Kind, LineageEdge.Kind

NODES = 100
"""Nodes that a side of a graph shows."""
_OF_VERSIONS = (Edge.COPIED, Edge.DERIVED)
"""Edges between two versions."""
_NOT_TOLD = (*_OF_VERSIONS, Edge.LOADED)
"""Edges that no client tells of a version: what we see ourselves, and what people draw from version to version."""
_DATA = (Kind.TABLE, Kind.DATASET, Kind.FILE)


class Direction(StrEnum):
    UPSTREAM = "UPSTREAM"
    DOWNSTREAM = "DOWNSTREAM"

    @property
    def ends(self) -> tuple[str, str]:
        """The columns of an edge: for what is asked about, and for its neighbour on this side."""
        return ("target", "source") if self is Direction.UPSTREAM else ("source", "target")


@dataclass(frozen=True)
class GraphNode:
    """A node of a drawn graph, and ``how`` it is connected. A masked one says that there is something, and not what."""

    kind: str
    label: str
    row: RegisteredModel | ModelVersion | None = None
    uid: UUID | None = None
    """Of something outside the catalog: by which its impact is asked for."""
    masked: bool = False
    is_deleted: bool = False
    how: str = field(default="", compare=False)


@dataclass(frozen=True)
class Graph:
    """The neighbours of a version or of a model, one step up and one step down."""

    upstream: list[GraphNode]
    centre: GraphNode
    downstream: list[GraphNode]
    is_readable: bool = True
    """Whether the reader may know of neighbours at all."""

    cut: Sequence[str] = ()
    """The sides that have more neighbours than are drawn."""

    @property
    def has_masked(self) -> bool:
        return any(node.masked for node in (*self.upstream, *self.downstream))


def record_lineage(*, actor: Actor, version: ModelVersion, entities: Iterable[Entity], direction: Direction) -> None:
    """Record edges between ``version`` and ``entities``; those that ``actor`` has told before are left as they are.

    Upstream is told by clients that create a version, downstream by clients that load it.
    """
    upstream = direction is Direction.UPSTREAM
    operation = Operation.CREATE_MODEL_VERSION if upstream else Operation.READ_REGISTERED_MODEL
    authorization.require(actor, operation, version)
    authorization.require_scope(actor, Scope.REGISTRY, Action.EMIT_MODEL_VERSION_LINEAGE)
    here, there = direction.ends
    considered = graph.resolved(actor, list(entities)[: limits.LINEAGE_EDGES_PER_CALL])
    with transaction.atomic():
        locks.hold(version)  # one at a time counts its edges
        edges = LineageEdge.objects.filter(**{f"{here}__version": version}).exclude(kind__in=_NOT_TOLD)
        known = set(edges.filter(recorded_by=actor.name).values_list(f"{there}__kind", f"{there}__key"))
        new = {(e.kind, e.key): e for e in considered if (e.kind, e.key) not in known}
        if not new or edges.count() + len(new) > limits.LINEAGE_EDGES_PER_VERSION:
            return  # lineage is told in passing: it never stops a client
        node = graph.node_of(version)
        for entity, other in graph.nodes_of(new.values()).items():
            ends = ([other], [node]) if upstream else ([node], [other])
            graph.connect(*ends, _edge_of(entity, direction), actor.name)
        events.told_of_version(actor, version, [f"{e.kind}:{e.name or e.entity_id}" for e in new.values()])


def _edge_of(entity: Entity, direction: Direction) -> LineageEdge.Kind:
    if direction is Direction.DOWNSTREAM:
        return Edge.USED
    return Edge.READ if entity.kind in _DATA else Edge.MADE


def get_lineage(*, actor: Actor, subject: RegisteredModel | ModelVersion, since: datetime | None = None) -> Graph:
    """Return the graph around a version, or around all versions of a model, as ``actor`` may see it.

    Its edges are those that came about from ``since`` on; all, where that is None.
    BROWSE alone shows the centre: runs and sources are for users who may read the metadata.
    """
    centre = GraphNode(kind_of(subject).noun.capitalize(), str(subject), subject)
    if not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, subject):
        return Graph([], centre, [], is_readable=False)
    edges = {direction: _edges(subject, direction, since) for direction in Direction}
    told = {direction: _told(actor, some, direction) for direction, some in edges.items()}
    masks = _Masks.of(actor, subject, [edge for side in told.values() for edge in side])
    outside = {direction: _told_nodes(masks, some) for direction, some in told.items()}
    versions = {direction: _version_nodes(actor, some, direction, subject) for direction, some in edges.items()}
    up, down = Direction
    sides = {up: _few(outside[up] + versions[up]), down: _few(versions[down] + outside[down])}
    cut = [direction.lower() for direction, (_, is_cut) in sides.items() if is_cut]
    return Graph(sides[up][0], centre, sides[down][0], cut=cut)


def _edges(
    subject: RegisteredModel | ModelVersion, direction: Direction, since: datetime | None
) -> QuerySet[LineageEdge]:
    """The edges on one side of a version, or of all versions of a model.

    They are told apart by their own kind: asked for a kind of neighbours, SQLite begins at all nodes of it.
    """
    here = direction.ends[0]
    column = "version" if isinstance(subject, ModelVersion) else "registered_model"
    edges = LineageEdge.objects.filter(**{f"{here}__{column}": subject})
    return edges.filter(first_seen_at__gte=since) if since else edges


@dataclass(frozen=True)
class _Told:
    """An edge to something outside the catalog, as somebody told it first."""

    node: int
    uid: UUID
    kind: str
    name: str
    recorded_by: str
    first_seen_at: datetime


def _told(actor: Actor, edges: QuerySet[LineageEdge], direction: Direction) -> list[_Told]:
    """What was told on one side, and who has loaded, each thing once for everybody who told it.

    What the reader has told, what others have and who has loaded is cut by itself: none shows where the others end.
    """
    told = edges.exclude(kind__in=_NOT_TOLD)
    parts = (
        told.filter(recorded_by=actor.name),
        told.exclude(recorded_by=actor.name),
        edges.filter(kind=Edge.LOADED),
    )
    rows = [row for part in parts for row in _first_told(part, direction)]
    return sorted(rows, key=lambda row: (row.kind, row.name, row.node, row.first_seen_at))


def _first_told(edges: QuerySet[LineageEdge], direction: Direction) -> list[_Told]:
    there = direction.ends[1]
    columns = (there, f"{there}__uid", f"{there}__kind", f"{there}__name", "recorded_by")
    rows = edges.order_by().values_list(*columns)
    rows = rows.annotate(at=Min("first_seen_at")).order_by(f"{there}__kind", f"{there}__name", there, "at")
    return [_Told(*row) for row in rows[: limits.LINEAGE_EDGES_PER_VERSION]]


@dataclass(frozen=True)
class _Masks:
    """What is for a reader to know of: tables and external metadata as ``hidden_things`` has it, consumers for who
    manages the model (they are people), and everything for who has told it.

    Whether there is a catalog, or a table, of that name makes no difference: who tells a name, and has somebody else
    look, learns nothing.
    """

    reader: str
    hidden: set[int]
    sees_consumers: bool
    names: Mapping[int, str]
    """What registered tables are called now; who only tells of one that is hidden reads the name that they told."""
    gone: set[int]

    @classmethod
    def of(cls, actor: Actor, subject: RegisteredModel | ModelVersion, edges: Sequence[_Told]) -> _Masks:
        keys = {edge.node for edge in edges if edge.kind in HIDEABLE}
        nodes = [node for some in pieces(keys) for node in LineageNode.objects.filter(pk__in=some)]
        hidden = hidden_things(actor, nodes)
        rows = rows_of([node for node in nodes if node.pk not in hidden])
        names = {key: row.full_name for key, row in rows.items()}
        has_consumers = any(edge.kind == Kind.CONSUMER for edge in edges)
        sees = has_consumers and authorization.allows(actor, Operation.READ_AUDIT_LOG, subject)
        return cls(actor.name, hidden, sees, names, {node.pk for node in nodes if node.is_deleted})

    def hide(self, edge: _Told) -> bool:
        if edge.recorded_by == self.reader:
            return False
        if edge.kind == Kind.CONSUMER:
            return not self.sees_consumers
        return edge.node in self.hidden


def _told_nodes(masks: _Masks, edges: Iterable[_Told]) -> list[GraphNode]:
    """A node for each thing that was told, as it was first told, or as the reader told it; masked ones last.

    What the reader told itself takes the place of nothing that is masked, and a masked one has no place between two
    names: either would say what its name is.
    """
    shown: dict[int, _Told] = {}
    masked: list[GraphNode] = []
    for edge in edges:
        if masks.hide(edge):
            masked.append(GraphNode(Kind(edge.kind).label, "masked", masked=True))
        elif edge.node not in shown or edge.recorded_by == masks.reader:
            shown[edge.node] = edge
    return [_told_node(edge, masks) for edge in shown.values()] + masked


def _told_node(edge: _Told, masks: _Masks) -> GraphNode:
    if edge.kind == Kind.CONSUMER:
        return GraphNode(Kind.CONSUMER.label, edge.name, how=f"Loaded since {edge.first_seen_at:%Y-%m-%d %H:%M} UTC")
    is_run = edge.kind == Kind.RUN
    how = "Logged by this run" if is_run else _on("Told", edge.first_seen_at, edge.recorded_by)
    name, is_deleted = masks.names.get(edge.node, edge.name), edge.node in masks.gone
    return GraphNode(Kind(edge.kind).label, name, uid=edge.uid, is_deleted=is_deleted, how=how)


def _few(nodes: list[GraphNode]) -> tuple[list[GraphNode], bool]:
    """Each node once, no more than a page can show, and whether there are more. Masked ones come last."""
    distinct = sorted(dict.fromkeys(nodes), key=lambda node: node.masked)
    return distinct[:NODES], len(distinct) > NODES


def _version_nodes(
    actor: Actor, edges: QuerySet[LineageEdge], direction: Direction, subject: RegisteredModel | ModelVersion
) -> list[GraphNode]:
    """Nodes of the versions on one side, but for those of a model that is asked about; masked, where the actor may not
    know of them."""
    there = direction.ends[1]
    columns = (there, f"{there}__registered_model", "first_seen_at", "recorded_by")
    own = subject.pk if isinstance(subject, RegisteredModel) else 0
    rows = edges.filter(kind__in=_OF_VERSIONS).order_by().values_list(*columns)
    made = {node: (at, by) for node, model, at, by in rows if model != own}
    nodes = [node for some in pieces(made) for node in LineageNode.objects.filter(pk__in=some).order_by("pk")]
    keys = shown_versions(actor, nodes)
    shown = [node for node in nodes if node.pk in keys][: NODES + 1]
    containers = "registered_model__schema__catalog"
    versions = ModelVersion.objects.select_related(containers).in_bulk([n.version_id for n in shown if n.version_id])
    masked = [GraphNode(Kind.MODEL_VERSION.label, "masked", masked=True)] if len(keys) < len(nodes) else []
    return [_version_node(node, versions.get(node.version_id), *made[node.pk]) for node in shown] + masked


def _version_node(node: LineageNode, version: ModelVersion | None, at: datetime, by: str) -> GraphNode:
    label = str(version) if version is not None else node.name
    is_deleted, how = version is None, _on("Made", at, by)
    return GraphNode(Kind.MODEL_VERSION.label, label, version, is_deleted=is_deleted, how=how)


def _on(what: str, at: datetime, by: str) -> str:
    return f"{what} on {at:%Y-%m-%d %H:%M} UTC by {by}"
