"""What is next to something in the lineage graph, as far as a reader may see it: one step up, or one step down."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from uuid import UUID

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import LineageNode, ModelVersion, RegisteredModel
from registry.services.shared.graph import Kind
from registry.services.versions.lineage_rights import (
    HIDEABLE,
    hidden_things,
    is_for_tellers,
    pieces,
    rows_of,
    shown_versions,
)
from registry.services.versions.sides import Beside, Notes, Subject, Told, loads_of

NODES = 100
"""Nodes that a side of a graph shows."""
GROUPED = 12
"""Up to this many nodes of a kind are shown individually; more are one node, which opens."""


@dataclass(frozen=True)
class GraphNode:
    """A node of a drawn graph, and ``how`` it is connected. A masked one says that there is something, but not what."""

    kind: str
    label: str
    row: RegisteredModel | ModelVersion | None = None
    uid: UUID | None = None
    """For something outside the catalog: the id by which its page is requested."""
    masked: bool = False
    is_deleted: bool = False
    count: int = 0
    """For a node that represents several of its kind: how many."""
    how: str = field(default="", compare=False)


@dataclass(frozen=True)
class Masks:
    """What a reader may see: tables, external metadata and experiments according to ``hidden_things``, consumers if the
    reader manages the model (they are people), and everything that the reader reported.

    Whether there is a catalog, or a table, of that name makes no difference: users who report a name, and have someone
    else look, learn nothing.
    """

    reader: str
    hidden: set[int]
    sealed: set[int]
    """Those of the hidden that are hidden even from those who reported them."""
    sees_consumers: bool
    names: Mapping[int, str]
    """What things are called now; users who only reported a hidden one read the name that they reported."""
    gone: set[int]
    loads: Mapping[int, str]
    """How often, and by which aliases, consumers have loaded it recently."""

    @classmethod
    def of(cls, actor: Actor, subject: Subject, sides: Iterable[Beside]) -> Masks:
        told = [edge for side in sides for edge in side.told]
        keys = {edge.node for edge in told if edge.kind in HIDEABLE}
        nodes = [node for some in pieces(keys) for node in LineageNode.objects.filter(pk__in=some)]
        hidden = hidden_things(actor, nodes)
        names = {key: row.full_name for key, row in rows_of([n for n in nodes if n.pk not in hidden]).items()}
        sees = (
            not isinstance(subject, LineageNode)
            and any(edge.kind == Kind.CONSUMER for edge in told)
            and authorization.allows(actor, Operation.READ_AUDIT_LOG, subject)
        )
        gone = {node.pk for node in nodes if node.is_deleted}
        sealed = {node.pk for node in nodes if node.pk in hidden and not is_for_tellers(node)}
        return cls(actor.name, hidden, sealed, sees, names, gone, loads_of(subject) if sees else {})

    def hide(self, edge: Told) -> bool:
        if edge.recorded_by == self.reader and edge.node not in self.sealed:
            return False
        return not self.sees_consumers if edge.kind == Kind.CONSUMER else edge.node in self.hidden


def told_nodes(masks: Masks, side: Beside) -> list[GraphNode]:
    """Return a node for each thing reported, as it was first reported, or as the reader reported it; masked ones last.

    What the reader reported itself never replaces a masked one, and a masked one has no place between two names: either
    would reveal its name.
    """
    shown: dict[int, Told] = {}
    masked: list[GraphNode] = []
    for edge in side.told:
        if masks.hide(edge):
            masked.append(GraphNode(Kind(edge.kind).label, "masked", masked=True))
        elif edge.node not in shown or edge.recorded_by == masks.reader:
            shown[edge.node] = edge
    nodes = [_told_node(edge, masks, side.notes) for edge in shown.values()]
    return _once(nodes) + masked


def _once(nodes: Sequence[GraphNode]) -> list[GraphNode]:
    """A table that was reported before it was registered is one node: that of the table, which was reported later."""
    once = {(node.kind, node.label) if node.kind == Kind.TABLE.label else id(node): node for node in nodes}
    return list(once.values())


def _told_node(edge: Told, masks: Masks, notes: Notes) -> GraphNode:
    if edge.kind == Kind.CONSUMER:
        since = f"Loaded since {edge.first_seen_at:%Y-%m-%d %H:%M} UTC{masks.loads.get(edge.node, '')}"
        return GraphNode(Kind.CONSUMER.label, edge.name, how=since)
    is_maker = edge.kind in (Kind.RUN, Kind.LOGGED_MODEL)
    how = "Where it was logged" if is_maker else _on("Told", edge.first_seen_at, edge.recorded_by)
    if note := notes.get((edge.node, edge.recorded_by)):
        how = f"{how}: {note}"
    name, is_deleted = masks.names.get(edge.node, edge.name), edge.node in masks.gone
    return GraphNode(Kind(edge.kind).label, name, uid=edge.uid, is_deleted=is_deleted, how=how)


def version_nodes(actor: Actor, side: Beside) -> list[GraphNode]:
    """Return a node for each version on a side; one masked node for all those that ``actor`` may not see."""
    nodes = [node for some in pieces(side.versions) for node in LineageNode.objects.filter(pk__in=some).order_by("pk")]
    keys = shown_versions(actor, nodes)
    shown = [node for node in nodes if node.pk in keys]
    wanted = [node.version_id for node in shown[: NODES + 1] if node.version_id]
    versions = ModelVersion.objects.select_related("registered_model__schema__catalog").in_bulk(wanted)
    masked = [GraphNode(Kind.MODEL_VERSION.label, "masked", masked=True)] if len(keys) < len(nodes) else []
    return [_version_node(node, versions, side) for node in shown] + masked


def _version_node(node: LineageNode, versions: Mapping[int, ModelVersion], side: Beside) -> GraphNode:
    version, (what, at, by) = versions.get(node.version_id or 0), side.versions[node.pk]
    note = side.notes.get((node.pk, by))
    how = _on(what, at, by) + (f": {note}" if note else "")
    label, is_deleted = str(version) if version is not None else node.name, node.version_id is None
    return GraphNode(Kind.MODEL_VERSION.label, label, version, is_deleted=is_deleted, how=how)


def few(nodes: Iterable[GraphNode], counts: Mapping[str, int], only: str = "") -> tuple[list[GraphNode], bool]:
    """Return each node once, no more than a page can show, and whether there are more. Masked ones come last.

    Many of a kind are one node, unless that kind is the ``only`` one requested.
    """
    distinct = sorted(dict.fromkeys(nodes), key=lambda node: node.masked)
    if only:
        distinct = [node for node in distinct if node.kind == only]
    else:
        distinct = [one for kind, some in groupby(distinct, key=_kind) for one in _grouped(kind, list(some), counts)]
    is_cut = len(distinct) > NODES or (bool(only) and counts.get(only, 0) > len(distinct))
    return distinct[:NODES], is_cut


def _kind(node: GraphNode) -> str:
    return "" if node.masked or node.is_deleted else node.kind


def _grouped(kind: str, nodes: Sequence[GraphNode], counts: Mapping[str, int]) -> Sequence[GraphNode]:
    count = max(len(nodes), counts.get(kind, 0))
    if not kind or count <= GROUPED:
        return nodes
    plural = "vector indexes" if kind == Kind.VECTOR_INDEX.label else f"{kind.lower()}s"
    return [GraphNode(kind, f"{count:,} {plural}", count=count)]


def _on(what: str, at: datetime, by: str) -> str:
    return f"{what} on {at:%Y-%m-%d %H:%M} UTC by {by}"
