"""Lineage: what a version was made from, what it was copied to, what uses it; recorded, and drawn for a reader."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from accounts.models import Scope
from registry import authorization, limits
from registry.actor import Actor
from registry.audit import lineage as events
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.kinds import kind_of
from registry.models import LineageEdge, LineageNode, ModelVersion, locks
from registry.services.shared import graph
from registry.services.shared.graph import Direction, Edge, Entity, Kind
from registry.services.versions import neighbours, sides
from registry.services.versions.lineage_rights import hidden_things, rows_of
from registry.services.versions.neighbours import GraphNode, Masks
from registry.services.versions.sides import NOT_TOLD, Subject

_DATA = (Kind.TABLE, Kind.DATASET, Kind.FILE)


@dataclass(frozen=True)
class Graph:
    """The neighbors of something, one step up and one step down."""

    upstream: list[GraphNode]
    centre: GraphNode
    downstream: list[GraphNode]
    is_readable: bool = True
    """Whether the reader may see neighbors at all."""

    cut: Sequence[str] = ()
    """The sides that have more neighbors than are drawn."""

    @property
    def has_masked(self) -> bool:
        return any(node.masked for node in (*self.upstream, *self.downstream))


def record_lineage(*, actor: Actor, version: ModelVersion, entities: Iterable[Entity], direction: Direction) -> None:
    """Record edges between ``version`` and ``entities``; those that ``actor`` reported before are left as they are.

    Upstream is reported by clients that create a version, downstream by clients that load it.
    """
    upstream = direction is Direction.UPSTREAM
    operation = Operation.CREATE_MODEL_VERSION if upstream else Operation.READ_REGISTERED_MODEL
    authorization.require(actor, operation, version)
    authorization.require_scope(actor, Scope.REGISTRY, Action.EMIT_MODEL_VERSION_LINEAGE)
    here, there = direction.ends
    considered = graph.resolved(actor, list(entities)[: limits.LINEAGE_EDGES_PER_CALL])
    with transaction.atomic():
        locks.hold(version)  # one at a time counts its edges
        edges = LineageEdge.objects.filter(**{f"{here}__version": version}).exclude(kind__in=NOT_TOLD)
        known = set(edges.filter(recorded_by=actor.name).values_list(f"{there}__kind", f"{there}__key"))
        new = {(e.kind, e.key): e for e in considered if (e.kind, e.key) not in known}
        if not new or edges.count() + len(new) > limits.LINEAGE_EDGES_PER_VERSION:
            return  # lineage is reported in passing: it never stops a client
        node = graph.node_of(version)
        for entity, other in graph.nodes_of(new.values()).items():
            ends = ([other], [node]) if upstream else ([node], [other])
            graph.connect(*ends, _edge_of(entity, direction), actor.name)
        events.told_of_version(actor, version, [f"{e.kind}:{e.name or e.entity_id}" for e in new.values()])


def _edge_of(entity: Entity, direction: Direction) -> LineageEdge.Kind:
    if direction is Direction.DOWNSTREAM:
        return Edge.USED
    return Edge.READ if entity.kind in _DATA else Edge.MADE


def get_lineage(*, actor: Actor, subject: Subject, since: datetime | None = None, only: str = "") -> Graph:
    """Return the graph around a version, all versions of a model, or a thing that ``impact.find_thing`` has found, as
    ``actor`` may see it.

    Its edges are those that were created from ``since`` on; all, if that is None. ``only``: a kind of neighbors, each
    of which is then shown. BROWSE shows only the center: runs and sources are for users who may read the metadata.
    """
    centre = _centre(actor, subject)
    if not isinstance(subject, LineageNode) and not authorization.allows(
        actor, Operation.READ_REGISTERED_MODEL, subject
    ):
        return Graph([], centre, [], is_readable=False)
    notes = sides.notes_at(subject)
    up, down = (sides.beside(actor, subject, direction, since, notes) for direction in Direction)
    masks = Masks.of(actor, subject, (up, down))
    made_from = neighbours.told_nodes(masks, up) + neighbours.version_nodes(actor, up)
    used_by = neighbours.version_nodes(actor, down) + neighbours.told_nodes(masks, down)
    upstream, is_cut_above = neighbours.few(made_from, up.counts, only)
    downstream, is_cut_below = neighbours.few(used_by, down.counts, only)
    cut = [side for side, is_cut in (("upstream", is_cut_above), ("downstream", is_cut_below)) if is_cut]
    return Graph(upstream, centre, downstream, cut=cut)


def _centre(actor: Actor, subject: Subject) -> GraphNode:
    if not isinstance(subject, LineageNode):
        return GraphNode(kind_of(subject).noun.capitalize(), str(subject), subject)
    return GraphNode(Kind(subject.kind).label, name_of(actor, subject), uid=subject.uid, is_deleted=subject.is_deleted)


def name_of(actor: Actor, node: LineageNode) -> str:
    """Return what something outside the catalog is called, for ``actor``, who may see it or has reported it."""
    if hidden_things(actor, [node]):
        return node.name
    row = rows_of([node]).get(node.pk)
    return row.full_name if row is not None else node.name
