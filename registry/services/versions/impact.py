"""Impact: all that depends on a table, a file or a version, however far; and, upstream, all that one is made from.

It goes only through what the reader may see: what is hidden is reported to exist, but not named, counted or passed
through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist
from registry.models import Alias, ExternalMetadata, LineageEdge, LineageNode, ModelVersion
from registry.names import FullName
from registry.services.shared import graph
from registry.services.shared.graph import Direction, Edge, Entity, Kind
from registry.services.versions.lineage_rights import (
    AT_ONCE,
    Thing,
    hidden_things,
    is_for_tellers,
    managed_versions,
    pieces,
    rows_of,
    shown_versions,
)

MOST = 10_000
"""Things in one answer."""
COLUMNS = ("kind", "name", "distance", "owner", "aliases", "is_deleted")
_LOOKED_AT = 5 * MOST
"""Neighbors of one level that are looked at, hidden ones too."""


@dataclass(frozen=True)
class Dependant:
    """Something that is reached, ``distance`` edges away. Versions have a model, an owner to notify, and aliases."""

    kind: str
    name: str
    distance: int
    model: FullName | None = None
    version: int | None = None
    owner: str = ""
    aliases: tuple[str, ...] = ()
    is_deleted: bool = False


@dataclass
class Impact:
    """What was reached, nearest first. ``hides_something``: there is more, which the reader may not see."""

    dependants: list[Dependant] = field(default_factory=list)
    hides_something: bool = False
    is_cut: bool = False

    @property
    def rows(self) -> Iterator[tuple[object, ...]]:
        """The lines of a table with ``COLUMNS``."""
        for each in self.dependants:
            yield each.kind, each.name, each.distance, each.owner, " ".join(each.aliases), each.is_deleted

    @property
    def owners(self) -> list[str]:
        """The owners to notify, each once."""
        return sorted({dependant.owner for dependant in self.dependants if dependant.owner})


@dataclass(frozen=True)
class Reach:
    """How far to go: which way, through how many edges, and along those that were created between two moments."""

    direction: Direction = Direction.DOWNSTREAM
    depth: int | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def window(self) -> dict[str, datetime]:
        """The condition on edges."""
        ends = {"first_seen_at__gte": self.since, "first_seen_at__lt": self.until}
        return {name: moment for name, moment in ends.items() if moment is not None}


def impact_of_thing(*, actor: Actor, kind: LineageNode.Kind, name: str, reach: Reach) -> Impact:
    """Return what is reached from a table, or from something else outside the catalog, by its name, or its id where
    it has one.

    Nothing is reached from one that no one has reported, or from one that is hidden.
    """
    return _Walk(actor, reach).from_nodes(things_called(actor=actor, kind=kind, name=name))


def things_called(*, actor: Actor, kind: LineageNode.Kind, name: str) -> list[LineageNode]:
    """Return the nodes of something outside the catalog, by its name, or its id where it has one."""
    if kind == Kind.EXTERNAL:
        known = authorization.visible(actor, ExternalMetadata.objects.filter(name=name.lower()))
        return list(LineageNode.objects.filter(external__in=known))
    return graph.nodes_called(actor, Entity(kind, name, name if kind == Kind.TABLE else ""))


def find_thing(*, actor: Actor, uid: UUID) -> LineageNode:
    """Return the node of something outside the catalog, if ``actor`` may know its name.

    Only those who reported tables of hidden catalogs see them. Consumers are people, and have no page. Jobs, files
    and other data belong to no one here: every signed-in user may see them.
    """
    node = LineageNode.objects.exclude(kind__in=[Kind.MODEL_VERSION, Kind.CONSUMER]).filter(uid=uid).first()
    if node is None or (hidden_things(actor, [node]) and not (is_for_tellers(node) and _has_told_of(actor, node))):
        raise DoesNotExist("The lineage graph has no such node.")
    return node


def _has_told_of(actor: Actor, node: LineageNode) -> bool:
    edges = LineageEdge.objects.filter(recorded_by=actor.name)
    return edges.filter(source=node).exists() or edges.filter(target=node).exists()


def impact_of_node(*, actor: Actor, node: LineageNode, reach: Reach) -> Impact:
    """Return what is reached from a node of ``find_thing``."""
    nodes = {node.pk: node}
    if node.table is not None and authorization.is_visible(actor, node.table):
        # Someone who could not see the table reported its name.
        nodes |= {other.pk: other for other in graph.nodes_called(actor, Entity(Kind.TABLE, "", node.table.full_name))}
    return _Walk(actor, reach).from_nodes(nodes.values())


def impact_of_version(*, actor: Actor, version: ModelVersion, reach: Reach) -> Impact:
    """Return what is reached from a version whose metadata ``actor`` may read."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, version)
    return _Walk(actor, reach).from_nodes(version.lineage_nodes.all())


class _Walk:
    """Goes from level to level, and names each node once.

    A table of a catalog that the reader does not see is ``veiled``: only the reader's own reports lead to or past it.
    That others reported it too is said of the whole, whether or not the reader did: no one learns by reporting.
    """

    def __init__(self, actor: Actor, reach: Reach) -> None:
        self.actor, self.reach = actor, reach
        self.here, self.there = (f"{end}_id" for end in reach.direction.ends)
        self.impact = Impact()
        self.shown: set[int] = set()
        self.veiled: set[int] = set()

    def from_nodes(self, start: Iterable[LineageNode]) -> Impact:
        """Return what is reached from nodes that the reader has named."""
        level, distance = list(start), 0
        self.shown, self.veiled = {node.pk for node in level}, hidden_things(self.actor, level)
        while level and not self.impact.is_cut and distance != self.reach.depth:
            level, distance = self._next(level), distance + 1
            room = MOST - len(self.impact.dependants)
            self.impact.is_cut |= len(level) > room
            self.impact.dependants += sorted(self._described(level[:room], distance), key=_place)
        return self.impact

    def _described(self, nodes: Sequence[LineageNode], distance: int) -> Iterator[Dependant]:
        """Describe nodes; a hidden one is called what the reader reported."""
        known = [node for node in nodes if node.pk not in self.veiled]
        return _described(nodes, distance, rows_of(known))

    def _next(self, level: Sequence[LineageNode]) -> list[LineageNode]:
        """Return those neighbors of a level that the reader may see, and has not seen yet."""
        own, others = self._neighbours(level)
        nodes = _nodes((own | others) - self.shown)
        versions = shown_versions(self.actor, [node for node in nodes if node.kind == Kind.MODEL_VERSION])
        self.veiled |= hidden_things(self.actor, nodes)

        def is_shown(node: LineageNode) -> bool:
            if node.kind == Kind.MODEL_VERSION:
                return node.pk in versions
            return node.pk not in self.veiled or (node.pk in own and is_for_tellers(node))

        shown = [node for node in nodes if is_shown(node)]
        hides_version = any(node.kind == Kind.MODEL_VERSION and node.pk not in versions for node in nodes)
        sealed = any(node.pk in self.veiled and not is_for_tellers(node) for node in nodes)
        self.impact.hides_something |= hides_version or sealed or not others.isdisjoint(self.veiled)
        self.shown |= {node.pk for node in shown}
        return shown

    def _neighbours(self, level: Sequence[LineageNode]) -> tuple[set[int], set[int]]:
        """Return the keys to which the reader's own reports lead, and those to which the reports of others lead."""
        versions = [node for node in level if node.kind == Kind.MODEL_VERSION]
        managed, loaded = managed_versions(self.actor, versions), {node.pk for node in versions}
        own: set[int] = set()
        others: set[int] = set()
        for origin, neighbour, kind, by in self._edges(level):
            if by == self.actor.name:
                own.add(neighbour)
            elif kind == Edge.LOADED and origin not in managed:
                self.impact.hides_something |= origin in loaded
            elif origin not in self.veiled:
                others.add(neighbour)
            if len(own) + len(others) > _LOOKED_AT:
                self.impact.is_cut = True
                break
        return own, others

    def _edges(self, level: Sequence[LineageNode]) -> Iterator[tuple[int, int, str, str]]:
        for some in pieces(node.pk for node in level):
            edges = LineageEdge.objects.filter(**{f"{self.here}__in": some}, **self.reach.window)
            yield from edges.values_list(self.here, self.there, "kind", "recorded_by").iterator(chunk_size=AT_ONCE)


def _nodes(keys: Collection[int]) -> list[LineageNode]:
    found = [node for some in pieces(keys) for node in LineageNode.objects.filter(pk__in=some)]
    return sorted(found, key=lambda node: (node.kind, node.name, node.pk))


def _place(dependant: Dependant) -> tuple[str, str, int]:
    """Its position among those that are equally far away: versions of a model by their numbers."""
    return dependant.kind, str(dependant.model or dependant.name), dependant.version or 0


_COLUMNS = (
    "pk", "version", "registered_model__name", "registered_model__schema__name",
    "registered_model__schema__catalog__name", "registered_model__owner_user__user_name",
    "registered_model__owner_group__name",
)  # fmt: skip


def _described(nodes: Sequence[LineageNode], distance: int, things: Mapping[int, Thing]) -> Iterator[Dependant]:
    keys = [node.version_id for node in nodes if node.version_id]
    rows = {row[0]: row for some in pieces(keys) for row in _rows(some)}
    aliases: dict[int, list[str]] = {}
    for some in pieces(keys):
        for key, alias in Alias.objects.filter(model_version__in=some).values_list("model_version_id", "name"):
            aliases.setdefault(key, []).append(alias)
    for node in nodes:
        kind = Kind(node.kind).label
        row = rows.get(node.version_id)
        if row is None:
            thing = things.get(node.pk)
            name, owner = (thing.full_name, thing.owner_name) if thing is not None else (node.name, "")
            yield Dependant(kind, name, distance, owner=owner, is_deleted=node.is_deleted)
            continue
        key, number, model, schema, catalog, user, group = row
        full_name = FullName(catalog, schema, model)
        yield Dependant(
            kind, f"{full_name} version {number}", distance, full_name, number, user or group or "",
            tuple(sorted(aliases.get(key, ()))),
        )  # fmt: skip


def _rows(keys: Sequence[int]) -> list[Any]:
    return list(ModelVersion.objects.filter(pk__in=keys).order_by().values_list(*_COLUMNS))
