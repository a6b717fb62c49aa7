"""Impact: everything that depends on a table, a file or a version, however far; and, upstream, all that one is made of.

It goes through what the reader may see, and no further: what is hidden is told to be there, and neither named, counted
nor passed through.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist
from registry.models import Alias, LineageEdge, LineageNode, ModelVersion, RegisteredModel
from registry.names import FullName
from registry.services.shared.graph import Edge, Entity, Kind
from registry.services.versions.lineage import Direction

MOST = 10_000
"""Things in one answer."""
COLUMNS = ("kind", "name", "distance", "owner", "aliases", "is_deleted")
_AT_ONCE = 5_000
"""Keys in one query."""


@dataclass(frozen=True)
class Dependant:
    """Something that is reached, ``distance`` edges away. Versions have a model, an owner to tell, and aliases."""

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
    """What was reached, nearest first. ``hides_something``: there is more, which is not for the reader."""

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
        """Whom to tell, each once."""
        return sorted({dependant.owner for dependant in self.dependants if dependant.owner})


def impact_of_thing(*, actor: Actor, kind: LineageNode.Kind, name: str, direction: Direction) -> Impact:
    """Return what is reached from a table, or from something else outside the catalog, by its name.

    Of one that nobody has told of, and of a table that is hidden, nothing is.
    """
    nodes = LineageNode.objects.filter(kind=kind, key=Entity(kind, name, name if kind == Kind.TABLE else "").key)
    return _reach(actor, list(nodes), direction)


def find_thing(*, actor: Actor, uid: UUID) -> LineageNode:
    """Return the node of something outside the catalog, if ``actor`` may know its name.

    Tables of hidden catalogs are for those who have told of them. Consumers are people, and have no page. Jobs, files
    and other data are nobody's objects here: who is signed in may know of them.
    """
    node = LineageNode.objects.exclude(kind__in=[Kind.MODEL_VERSION, Kind.CONSUMER]).filter(uid=uid).first()
    if node is None or (_is_hidden_table(actor, node) and not _has_told_of(actor, node)):
        raise DoesNotExist("There is no such thing in the graph of lineage.")
    return node


def _is_hidden_table(actor: Actor, node: LineageNode) -> bool:
    return node.kind == Kind.TABLE and bool(authorization.unseen_catalogs(actor, {node.name.partition(".")[0]}))


def _has_told_of(actor: Actor, node: LineageNode) -> bool:
    edges = LineageEdge.objects.filter(recorded_by=actor.name)
    return edges.filter(source=node).exists() or edges.filter(target=node).exists()


def impact_of_node(*, actor: Actor, node: LineageNode, direction: Direction) -> Impact:
    """Return what is reached from a node of ``find_thing``."""
    return _reach(actor, [node], direction)


def impact_of_version(*, actor: Actor, version: ModelVersion, direction: Direction) -> Impact:
    """Return what is reached from a version, whose metadata ``actor`` may read."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, version)
    return _reach(actor, list(version.lineage_nodes.all()), direction)


def _reach(actor: Actor, start: Sequence[LineageNode], direction: Direction) -> Impact:
    """Go from level to level, each node once."""
    impact, seen = Impact(), {node.pk for node in start}
    frontier, distance = _Level.of(actor, start, told=None), 0
    while frontier.shown and not impact.is_cut:
        distance += 1
        level = frontier
        keys, told = _next(actor, level, direction)
        reached = _nodes(keys - seen)
        seen |= keys
        frontier = _Level.of(actor, reached, told)
        impact.hides_something |= level.hides_something or frontier.hides_something
        room = MOST - len(impact.dependants)
        impact.is_cut = len(frontier.shown) > room
        impact.dependants += sorted(_described(frontier.shown[:room], distance), key=_place)
    return impact


@dataclass
class _Level:
    """The nodes at one distance that the reader may see, and those of them that only its own words lead on from."""

    shown: list[LineageNode]
    own_only: set[int]
    versions: set[int]
    managed: set[int]
    """The nodes of versions whose consumers the reader may know of."""
    hides_something: bool

    @classmethod
    def of(cls, actor: Actor, nodes: Sequence[LineageNode], told: Collection[int] | None) -> _Level:
        """Sort ``nodes``; ``told`` are the keys of those that ``actor`` has told of itself, None where it begins."""
        readable = _readable(actor, [node.version_id for node in nodes if node.version_id])
        models = _seen(actor, [node.registered_model_id for node in nodes if node.version_id is None])
        tables = {node.pk: node.name.partition(".")[0] for node in nodes if node.kind == Kind.TABLE}
        unseen = authorization.unseen_catalogs(actor, set(tables.values()))
        own_only = {key for key, catalog in tables.items() if catalog in unseen}

        def is_shown(node: LineageNode) -> bool:
            if node.kind != Kind.MODEL_VERSION:
                return node.pk not in own_only or told is None or node.pk in told
            if node.version_id is not None:
                return node.version_id in readable
            return node.registered_model_id in models

        shown = [node for node in nodes if is_shown(node)]
        versions = {node.pk for node in shown if node.kind == Kind.MODEL_VERSION}
        return cls(shown, own_only, versions, _managed(actor, shown), len(shown) < len(nodes))


def _next(actor: Actor, level: _Level, direction: Direction) -> tuple[set[int], set[int]]:
    """Return the keys of the neighbours of a level, and of those that ``actor`` has told of itself."""
    here, there = (f"{end}_id" for end in direction.ends)
    keys, told = set(), set()
    for some in _pieces([node.pk for node in level.shown]):
        edges = LineageEdge.objects.filter(**{f"{here}__in": some}).values_list(here, there, "kind", "recorded_by")
        for origin, neighbour, kind, recorded_by in edges.iterator(chunk_size=_AT_ONCE):
            is_own = recorded_by == actor.name
            is_hidden = origin not in level.managed if kind == Edge.LOADED else origin in level.own_only
            level.hides_something |= is_hidden and not is_own and origin in level.versions
            if is_own or not is_hidden:
                keys.add(neighbour)
            if is_own:
                told.add(neighbour)
    return keys, told


def _nodes(keys: Collection[int]) -> list[LineageNode]:
    found = [node for some in _pieces(sorted(keys)) for node in LineageNode.objects.filter(pk__in=some)]
    return sorted(found, key=lambda node: (node.kind, node.name, node.pk))


def _readable(actor: Actor, keys: Sequence[int]) -> set[int | None]:
    """The versions whose lineage is for ``actor`` to know: whose metadata it may read."""
    rows = (ModelVersion.objects.filter(pk__in=some) for some in _pieces(keys))
    operation = Operation.READ_REGISTERED_MODEL
    return {
        key for some in rows for key in authorization.permitted(actor, operation, some).values_list("pk", flat=True)
    }


def _managed(actor: Actor, nodes: Sequence[LineageNode]) -> set[int]:
    """The nodes of versions whose events ``actor`` may read: who has loaded one is told by those."""
    models = {node.registered_model_id for node in nodes if node.registered_model_id is not None}
    managed: set[int | None] = set()
    for some in _pieces(sorted(models)):
        rows = RegisteredModel.objects.filter(pk__in=some)
        managed.update(authorization.permitted(actor, Operation.READ_AUDIT_LOG, rows).values_list("pk", flat=True))
    return {node.pk for node in nodes if node.registered_model_id in managed - {None}}


def _seen(actor: Actor, keys: Sequence[int | None]) -> set[int | None]:
    """The models of versions that are gone, as far as ``actor`` may read them."""
    models = {key for key in keys if key is not None}
    if not models:
        return set()
    rows = RegisteredModel.objects.filter(pk__in=models)
    return set(authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, rows).values_list("pk", flat=True))


def _place(dependant: Dependant) -> tuple[str, str, int]:
    """Where it stands among those that are as far away: versions of a model by their numbers."""
    return dependant.kind, str(dependant.model or dependant.name), dependant.version or 0


_COLUMNS = (
    "pk", "version", "registered_model__name", "registered_model__schema__name",
    "registered_model__schema__catalog__name", "registered_model__owner_user__user_name",
    "registered_model__owner_group__name",
)  # fmt: skip


def _described(nodes: Sequence[LineageNode], distance: int) -> Iterator[Dependant]:
    keys = [node.version_id for node in nodes if node.version_id]
    rows = {row[0]: row for some in _pieces(keys) for row in _rows(some)}
    aliases: dict[int, list[str]] = {}
    for some in _pieces(keys):
        for key, alias in Alias.objects.filter(model_version__in=some).values_list("model_version_id", "name"):
            aliases.setdefault(key, []).append(alias)
    for node in nodes:
        kind = Kind(node.kind).label
        row = rows.get(node.version_id)
        if row is None:
            yield Dependant(kind, node.name, distance, is_deleted=node.kind == Kind.MODEL_VERSION)
            continue
        key, number, model, schema, catalog, user, group = row
        name = FullName(catalog, schema, model)
        yield Dependant(
            kind, f"{name} version {number}", distance, name, number, user or group or "",
            tuple(sorted(aliases.get(key, ()))),
        )  # fmt: skip


def _rows(keys: Sequence[int]) -> list[Any]:
    return list(ModelVersion.objects.filter(pk__in=keys).order_by().values_list(*_COLUMNS))


def _pieces(keys: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(keys), _AT_ONCE):
        yield keys[start : start + _AT_ONCE]
