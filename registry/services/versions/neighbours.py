"""What stands beside something in the graph of lineage, as a reader may know it: one step up, or one step down."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from registry import authorization, limits
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import LineageEdge, LineageNode, LoadCount, ModelVersion, RegisteredModel, Relationship
from registry.services.shared.graph import Direction, Edge, Kind
from registry.services.versions.lineage_rights import (
    HIDEABLE,
    hidden_things,
    is_for_tellers,
    pieces,
    rows_of,
    shown_versions,
)

Notes = Mapping[tuple[int, str], str]
Subject = RegisteredModel | ModelVersion | LineageNode

NODES = 100
"""Nodes that a side of a graph shows."""
GROUPED = 12
"""So many nodes of a kind stand by themselves; more are one node, which opens."""
_LOOKED_AT = 10_000
"""Edges of something outside the catalog that are looked at."""
_LATE = 30
"""Days of which it is told how often something was loaded."""
_OF_VERSIONS = (Edge.COPIED, Edge.DERIVED)
"""Edges between two versions."""
NOT_TOLD = (*_OF_VERSIONS, Edge.LOADED)
"""Edges that no client tells of a version: what we see ourselves, and what people draw from version to version."""


@dataclass(frozen=True)
class GraphNode:
    """A node of a drawn graph, and ``how`` it is connected. A masked one says that there is something, and not what."""

    kind: str
    label: str
    row: RegisteredModel | ModelVersion | None = None
    uid: UUID | None = None
    """Of something outside the catalog: by which its own page is asked for."""
    masked: bool = False
    is_deleted: bool = False
    count: int = 0
    """Of a node that stands for several of its kind: how many."""
    how: str = field(default="", compare=False)


@dataclass(frozen=True)
class _Told:
    """An edge to something that is no version, as somebody told it first."""

    node: int
    uid: UUID
    kind: str
    name: str
    recorded_by: str
    first_seen_at: datetime


@dataclass(frozen=True)
class Beside:
    """What is on one side: what was told, versions (how, when and by whom they were connected), notes, and numbers."""

    told: list[_Told]
    versions: Mapping[int, tuple[str, datetime, str]]
    notes: Notes
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many there are of kinds that are for everybody, where not all were read."""


def beside(actor: Actor, subject: Subject, direction: Direction, since: datetime | None, notes: Notes) -> Beside:
    """Read what is on one side of ``subject``: its edges that came about from ``since`` on; all, where that is None."""
    edges = _edges(subject, direction, since)
    if isinstance(subject, LineageNode):
        hidden = hidden_things(actor, [subject])
        return _beside_thing(edges.filter(recorded_by=actor.name) if hidden else edges, direction, notes)
    told = _told(actor, edges, direction)
    there = direction.ends[1]
    rows = edges.filter(kind__in=_OF_VERSIONS).order_by()
    own = subject.pk if isinstance(subject, RegisteredModel) else 0
    columns = (there, f"{there}__registered_model", "kind", "first_seen_at", "recorded_by")
    versions = {
        node: ("Made" if kind == Edge.COPIED else "Told", at, by)
        for node, model, kind, at, by in rows.values_list(*columns)
        if model != own
    }
    counts = _counts(edges, direction) if len(told) >= limits.LINEAGE_EDGES_PER_VERSION else {}
    return Beside(told, versions, notes, counts)


def _edges(subject: Subject, direction: Direction, since: datetime | None) -> QuerySet[LineageEdge]:
    """The edges on one side of something, or of all versions of a model.

    They are told apart by their own kind: asked for a kind of neighbours, SQLite begins at all nodes of it.
    """
    edges = LineageEdge.objects.filter(**{f"{direction.ends[0]}{_column(subject)}": subject})
    return edges.filter(first_seen_at__gte=since) if since else edges


def _column(subject: Subject) -> str:
    """What leads from a node to ``subject``; nothing where that is the node."""
    columns: dict[type[Any], str] = {ModelVersion: "__version", RegisteredModel: "__registered_model"}
    return columns.get(type(subject), "")


def _beside_thing(edges: QuerySet[LineageEdge], direction: Direction, notes: Notes) -> Beside:
    there = direction.ends[1]
    columns = (there, f"{there}__uid", f"{there}__kind", f"{there}__name", "recorded_by", "first_seen_at")
    rows = [_Told(*row) for row in edges.order_by("pk").values_list(*columns)[:_LOOKED_AT]]
    versions = {
        row.node: ("Told", row.first_seen_at, row.recorded_by) for row in rows if row.kind == Kind.MODEL_VERSION
    }
    return Beside([row for row in rows if row.node not in versions], versions, notes)


def _told(actor: Actor, edges: QuerySet[LineageEdge], direction: Direction) -> list[_Told]:
    """What was told on one side, and who has loaded, each thing once for everybody who told it.

    What the reader has told, what others have and who has loaded is cut by itself, and so is each kind: none shows
    where the others end.
    """
    told = edges.exclude(kind__in=NOT_TOLD)
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
    order = (f"{there}__name", there, "at")
    place = Window(RowNumber(), partition_by=f"{there}__kind", order_by=order)
    rows = edges.order_by().values(*columns).annotate(at=Min("first_seen_at")).annotate(place=place)
    few_of_each = rows.filter(place__lte=limits.LINEAGE_EDGES_PER_VERSION).order_by(f"{there}__kind", *order)
    return [_Told(*(row[column] for column in (*columns, "at"))) for row in few_of_each]


def _counts(edges: QuerySet[LineageEdge], direction: Direction) -> dict[str, int]:
    there = direction.ends[1]
    rows = edges.exclude(kind__in=NOT_TOLD).order_by().values_list(f"{there}__kind")
    counts = dict(rows.annotate(count=Count(there, distinct=True)))
    return {Kind(kind).label: count for kind, count in counts.items() if kind not in HIDEABLE}


def notes_at(subject: Subject) -> Notes:
    """Return what people have noted of the edges that they drew at ``subject``, by each end and by who drew it."""
    return {(end, by): note for *ends, by, note in drawn_at(subject) if note for end in ends}


def drawn_at(subject: Subject) -> list[tuple[Any, ...]]:
    """Return the relationships at ``subject``: the keys of both ends, who has drawn it, and the note.

    Each side is asked for by itself: of an OR over both, SQLite reads every edge.
    """
    columns = ("edge__source", "edge__target", "edge__recorded_by", "note")
    sides = (
        Relationship.objects.filter(**{f"edge__{end}{_column(subject)}": subject}).values_list(*columns)
        for end in ("source", "target")
    )
    one, other = sides
    return list(one.union(other)[:_LOOKED_AT])


@dataclass(frozen=True)
class Masks:
    """What is for a reader to know of: tables, external metadata and experiments as ``hidden_things`` has it, consumers
    for who manages the model (they are people), and everything for who has told it.

    Whether there is a catalog, or a table, of that name makes no difference: who tells a name, and has somebody else
    look, learns nothing.
    """

    reader: str
    hidden: set[int]
    sealed: set[int]
    """Those of the hidden that are hidden from who has told of them too."""
    sees_consumers: bool
    names: Mapping[int, str]
    """What things are called now; who only tells of one that is hidden reads the name that they told."""
    gone: set[int]
    loads: Mapping[int, str]
    """How often, and by which aliases, consumers have loaded it of late."""

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
        return cls(actor.name, hidden, sealed, sees, names, gone, _loads(subject) if sees else {})

    def hide(self, edge: _Told) -> bool:
        if edge.recorded_by == self.reader and edge.node not in self.sealed:
            return False
        return not self.sees_consumers if edge.kind == Kind.CONSUMER else edge.node in self.hidden


def _loads(subject: Subject) -> dict[int, str]:
    """What is told of each consumer: how many times it has loaded, and by which aliases, in the last days."""
    since = timezone.now().date() - timedelta(days=_LATE)
    rows = LoadCount.objects.filter(**{f"edge__source{_column(subject)}": subject}, day__gt=since)
    counts: Counter[int] = Counter()
    aliases: dict[int, set[str]] = {}
    for consumer, count, names in rows.values_list("edge__target", "count", "aliases"):
        counts[consumer] += count
        aliases.setdefault(consumer, set()).update(names.split())
    return {
        consumer: f", {count} time{'s' * (count != 1)} in the last {_LATE} days"
        + "".join(f" @{alias}" for alias in sorted(aliases[consumer]))
        for consumer, count in counts.items()
    }


def told_nodes(masks: Masks, side: Beside) -> list[GraphNode]:
    """Return a node for each thing that was told, as it was first told, or as the reader told it; masked ones last.

    What the reader told itself takes the place of nothing that is masked, and a masked one has no place between two
    names: either would say what its name is.
    """
    shown: dict[int, _Told] = {}
    masked: list[GraphNode] = []
    for edge in side.told:
        if masks.hide(edge):
            masked.append(GraphNode(Kind(edge.kind).label, "masked", masked=True))
        elif edge.node not in shown or edge.recorded_by == masks.reader:
            shown[edge.node] = edge
    nodes = [_told_node(edge, masks, side.notes) for edge in shown.values()]
    return _once(nodes) + masked


def _once(nodes: Sequence[GraphNode]) -> list[GraphNode]:
    """A table that was told of before it was registered is one node: that of the table, which was told of later."""
    once = {(node.kind, node.label) if node.kind == Kind.TABLE.label else id(node): node for node in nodes}
    return list(once.values())


def _told_node(edge: _Told, masks: Masks, notes: Notes) -> GraphNode:
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
    """Return a node for each version on a side; one masked for all those that ``actor`` may not know of."""
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

    Many of a kind are one node, unless that kind is the ``only`` one that is asked for.
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
