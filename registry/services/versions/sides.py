"""One side of something in the lineage graph, as it is in the database: who reported what, and since when."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Min, QuerySet, Window
from django.db.models.functions import RowNumber
from django.utils import timezone

from registry import limits
from registry.actor import Actor
from registry.models import LineageEdge, LineageNode, LoadCount, ModelVersion, RegisteredModel, Relationship
from registry.services.shared.graph import Direction, Edge, Kind
from registry.services.versions.lineage_rights import HIDEABLE, hidden_things

Notes = Mapping[tuple[int, str], str]
Subject = RegisteredModel | ModelVersion | LineageNode

_LOOKED_AT = 10_000
"""Edges of something outside the catalog that are looked at."""
_LATE = 30
"""Days for which it is reported how often something was loaded."""
_OF_VERSIONS = (Edge.COPIED, Edge.DERIVED)
"""Edges between two versions."""
NOT_TOLD = (*_OF_VERSIONS, Edge.LOADED)
"""Edges of a version that no client reports: what we see ourselves, and what people draw from version to version."""


@dataclass(frozen=True)
class Told:
    """An edge to something that isn't a version, as someone first reported it."""

    node: int
    uid: UUID
    kind: str
    name: str
    recorded_by: str
    first_seen_at: datetime


@dataclass(frozen=True)
class Beside:
    """What is on one side: what was reported, versions (how, when and by whom they were connected), notes, numbers."""

    told: list[Told]
    versions: Mapping[int, tuple[str, datetime, str]]
    notes: Notes
    counts: Mapping[str, int] = field(default_factory=dict)
    """How many there are of kinds that are for everyone, if not all were read."""


def beside(actor: Actor, subject: Subject, direction: Direction, since: datetime | None, notes: Notes) -> Beside:
    """Read what is on one side of ``subject``: its edges that were created from ``since`` on; all, if that is None."""
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

    They are distinguished by their own kind: asked for a kind of neighbors, SQLite begins at all nodes of it.
    """
    edges = LineageEdge.objects.filter(**{f"{direction.ends[0]}{_column(subject)}": subject})
    return edges.filter(first_seen_at__gte=since) if since else edges


def _column(subject: Subject) -> str:
    """What leads from a node to ``subject``; nothing if that is the node."""
    columns: dict[type[Any], str] = {ModelVersion: "__version", RegisteredModel: "__registered_model"}
    return columns.get(type(subject), "")


def _beside_thing(edges: QuerySet[LineageEdge], direction: Direction, notes: Notes) -> Beside:
    there = direction.ends[1]
    columns = (there, f"{there}__uid", f"{there}__kind", f"{there}__name", "recorded_by", "first_seen_at")
    rows = [Told(*row) for row in edges.order_by("pk").values_list(*columns)[:_LOOKED_AT]]
    versions = {
        row.node: ("Told", row.first_seen_at, row.recorded_by) for row in rows if row.kind == Kind.MODEL_VERSION
    }
    return Beside([row for row in rows if row.node not in versions], versions, notes)


def _told(actor: Actor, edges: QuerySet[LineageEdge], direction: Direction) -> list[Told]:
    """What was reported on one side, and who has loaded, each thing once for everyone who reported it.

    What the reader reported, what others reported and who has loaded are each cut separately, and so is each kind: none
    shows where the others end.
    """
    told = edges.exclude(kind__in=NOT_TOLD)
    parts = (
        told.filter(recorded_by=actor.name),
        told.exclude(recorded_by=actor.name),
        edges.filter(kind=Edge.LOADED),
    )
    rows = [row for part in parts for row in _first_told(part, direction)]
    return sorted(rows, key=lambda row: (row.kind, row.name, row.node, row.first_seen_at))


def _first_told(edges: QuerySet[LineageEdge], direction: Direction) -> list[Told]:
    there = direction.ends[1]
    columns = (there, f"{there}__uid", f"{there}__kind", f"{there}__name", "recorded_by")
    order = (f"{there}__name", there, "at")
    place = Window(RowNumber(), partition_by=f"{there}__kind", order_by=order)
    rows = edges.order_by().values(*columns).annotate(at=Min("first_seen_at")).annotate(place=place)
    few_of_each = rows.filter(place__lte=limits.LINEAGE_EDGES_PER_VERSION).order_by(f"{there}__kind", *order)
    return [Told(*(row[column] for column in (*columns, "at"))) for row in few_of_each]


def _counts(edges: QuerySet[LineageEdge], direction: Direction) -> dict[str, int]:
    there = direction.ends[1]
    rows = edges.exclude(kind__in=NOT_TOLD).order_by().values_list(f"{there}__kind")
    counts = dict(rows.annotate(count=Count(there, distinct=True)))
    return {Kind(kind).label: count for kind, count in counts.items() if kind not in HIDEABLE}


def notes_at(subject: Subject) -> Notes:
    """Return what people have noted on the edges that they drew at ``subject``, by each end and by who drew it."""
    return {(end, by): note for *ends, by, note in drawn_at(subject) if note for end in ends}


def drawn_at(subject: Subject) -> list[tuple[Any, ...]]:
    """Return the relationships at ``subject``: the keys of both ends, who has drawn it, and the note.

    Each side is queried separately: for an OR over both, SQLite reads every edge.
    """
    columns = ("edge__source", "edge__target", "edge__recorded_by", "note")
    sides = (
        Relationship.objects.filter(**{f"edge__{end}{_column(subject)}": subject}).values_list(*columns)
        for end in ("source", "target")
    )
    one, other = sides
    return list(one.union(other)[:_LOOKED_AT])


def loads_of(subject: Subject) -> dict[int, str]:
    """What is reported of each consumer: how many times it has loaded, and by which aliases, in the last days."""
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
