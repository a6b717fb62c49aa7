"""The edges of one thing, by pages: what its neighbors are, how, since when, and who reported it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import LineageEdge, LineageNode, ModelVersion
from registry.services.shared.graph import Edge, Kind
from registry.services.versions.impact import Reach
from registry.services.versions.lineage_rights import (
    hidden_things,
    is_for_tellers,
    managed_versions,
    rows_of,
    shown_versions,
)

_AT_ONCE = 1_000
_LOOKED_AT = 20_000
"""Edges that are looked at for one page, hidden ones too."""


@dataclass(frozen=True)
class Neighbour:
    """One edge, and the ``node`` at its other end with the ``name`` that it has now."""

    edge: LineageEdge
    node: LineageNode
    name: str

    @property
    def note(self) -> str:
        return self.edge.relationship.note if hasattr(self.edge, "relationship") else ""


def list_edges(
    *, actor: Actor, nodes: Collection[LineageNode], reach: Reach, size: int, after: int = 0
) -> tuple[list[Neighbour], int]:
    """Return the next edges on one side of ``nodes`` that ``actor`` may see, in the order in which they were created,
    and the key of the last one that was looked at (0 after the last).

    ``nodes`` are one thing, which the caller has found. What is hidden is left out, and so is who has loaded a version,
    unless ``actor`` manages it. Where much is hidden, there may be fewer than ``size`` and still more to come.
    """
    here, there = reach.direction.ends
    columns = there, f"{there}__version__registered_model__schema__catalog", "relationship"
    edges = LineageEdge.objects.filter(**{f"{here}__in": nodes}, **reach.window).order_by("pk")
    own = hidden_things(actor, nodes)
    managed = managed_versions(actor, [node for node in nodes if node.kind == Kind.MODEL_VERSION])
    found: list[Neighbour] = []
    looked_at = 0
    while looked_at < _LOOKED_AT:
        rows = list(edges.filter(pk__gt=after).select_related(*columns)[:_AT_ONCE])
        told = [edge for edge in rows if edge.recorded_by == actor.name or getattr(edge, f"{here}_id") not in own]
        shown = [edge for edge in told if edge.kind != Edge.LOADED or getattr(edge, f"{here}_id") in managed]
        found += _told(actor, shown, there)
        if len(found) > size:
            return found[:size], found[size - 1].edge.pk
        if len(rows) < _AT_ONCE:
            return found, 0
        after, looked_at = rows[-1].pk, looked_at + len(rows)
    return found, after


def every_edge(*, actor: Actor, nodes: Collection[LineageNode], reach: Reach) -> Iterator[Neighbour]:
    """Yield all that ``list_edges`` returns, page by page."""
    after, is_first = 0, True
    while nodes and (is_first or after):
        found, after = list_edges(actor=actor, nodes=nodes, reach=reach, size=_AT_ONCE, after=after)
        is_first = False
        yield from found


def nodes_of_version(*, actor: Actor, version: ModelVersion) -> list[LineageNode]:
    """Return the node of a version whose metadata ``actor`` may read; none if it has no lineage."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, version)
    return list(version.lineage_nodes.all())


def _told(actor: Actor, edges: Collection[LineageEdge], there: str) -> Iterator[Neighbour]:
    nodes = {node.pk: node for edge in edges for node in [getattr(edge, there)]}
    versions = shown_versions(actor, [node for node in nodes.values() if node.kind == Kind.MODEL_VERSION])
    hidden = hidden_things(actor, list(nodes.values()))
    things = rows_of([node for node in nodes.values() if node.pk not in hidden])
    for edge in edges:
        node = nodes[getattr(edge, f"{there}_id")]
        is_version = node.kind == Kind.MODEL_VERSION
        has_told = edge.recorded_by == actor.name and is_for_tellers(node)
        if (is_version and node.pk not in versions) or (node.pk in hidden and not has_told):
            continue
        thing = things.get(node.pk)
        name = str(node.version) if node.version is not None else node.name
        yield Neighbour(edge, node, thing.full_name if thing is not None else name)
