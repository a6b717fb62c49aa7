"""Writing the graph of lineage: nodes for what is named, and edges between them. Reading it is ``versions.lineage``."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import astuple, dataclass, replace
from enum import StrEnum
from uuid import NAMESPACE_URL, uuid5

from django.db.models import Q, QuerySet

from registry import authorization, limits
from registry.actor import Actor
from registry.models import ExternalMetadata, LineageEdge, LineageNode, ModelVersion, Table, UnreadRun
from registry.models.lineage import ROW

Kind, Edge = LineageNode.Kind, LineageEdge.Kind
_LONGEST_KEY = 200
"""Characters of a name that are in its key; a longer one has its digest there too."""
_AT_ONCE = 500
_BY_NAME = (Kind.TABLE,)
"""Kinds that are one thing by their names, in whatever case: clients send ids with these, or none."""


class Direction(StrEnum):
    UPSTREAM = "UPSTREAM"
    DOWNSTREAM = "DOWNSTREAM"

    @property
    def ends(self) -> tuple[str, str]:
        """The columns of an edge: for what is asked about, and for its neighbor on this side."""
        return ("target", "source") if self is Direction.UPSTREAM else ("source", "target")


@dataclass(frozen=True)
class Entity:
    """Something outside the catalog: how clients name it, and its id where it has one."""

    kind: LineageNode.Kind
    entity_id: str
    name: str = ""
    row_key: str = ""
    """For a row of ours: the key of its node."""

    @property
    def label(self) -> str:
        label = self.name.lower() if self.kind in _BY_NAME else self.name
        return (label or self.entity_id)[: limits.LINEAGE_NAME_LENGTH]

    @property
    def key(self) -> str:
        """What identifies it among its kind. Callers who give another name for an id do not learn others' names."""
        if self.row_key:
            return self.row_key
        if self.name:
            text = self.label if self.kind in _BY_NAME else f"{self.entity_id}\n{self.name}"
        else:
            text = self.entity_id
        return text if len(text) <= _LONGEST_KEY else f"{text[:_LONGEST_KEY]}#{uuid5(NAMESPACE_URL, text)}"


def nodes_of(entities: Iterable[Entity]) -> dict[Entity, LineageNode]:
    """Return the nodes of ``entities``, and make those that are missing."""
    wanted = list(entities)
    known = known_nodes(wanted)
    return known | make_nodes(each for each in wanted if each not in known)


def known_nodes(entities: Iterable[Entity]) -> dict[Entity, LineageNode]:
    """Return the nodes of those of ``entities`` that have one. (It stays: nodes outlive what they represent.)"""
    wanted = list(entities)
    by_kind: dict[LineageNode.Kind, set[str]] = {}
    for entity in wanted:
        by_kind.setdefault(entity.kind, set()).add(entity.key)
    some = Q(pk__in=[])
    for kind, keys in by_kind.items():
        some |= Q(kind=kind, key__in=keys)
    nodes = {(node.kind, node.key): node for node in LineageNode.objects.filter(some)}
    return {each: nodes[each.kind, each.key] for each in wanted if (each.kind, each.key) in nodes}


def make_nodes(entities: Iterable[Entity]) -> dict[Entity, LineageNode]:
    """Make the nodes of ``entities``: in one order, so that makers do not deadlock."""
    wanted = sorted(set(entities), key=lambda entity: (entity.kind, entity.key, entity.label))
    by_key = {(entity.kind, entity.key): entity for entity in reversed(wanted)}
    new = [LineageNode(kind=kind, key=key, name=by_key[kind, key].label) for kind, key in sorted(by_key)]
    # One that was made in the meantime gets the name that it has: so the database returns its key. (A column that no
    # key is made of: others may refer to the row at the same time.)
    rows = LineageNode.objects.bulk_create(
        new, update_conflicts=True, unique_fields=["kind", "key"], update_fields=["name"]
    )
    made = {(node.kind, node.key): node for node in rows}
    return {entity: made[entity.kind, entity.key] for entity in wanted}


def resolved(actor: Actor, entities: Iterable[Entity]) -> list[Entity]:
    """Return ``entities`` with the registered tables among them distinguished from mere names, as far as ``actor``
    can see them: to callers who name a hidden table, it is only a name."""
    given = list(entities)
    rows = registered_tables(actor, given)
    return [replace(each, row_key=table_key(rows[each])) if each in rows else each for each in given]


def registered_tables(actor: Actor, entities: Iterable[Entity]) -> dict[Entity, Table]:
    """Return the registered tables among ``entities`` that ``actor`` can see."""
    parts = {each: tuple(each.label.split(".")) for each in entities if each.kind in _BY_NAME and not each.row_key}
    wanted = sorted({name for name in parts.values() if len(name) == 3})
    registered: dict[tuple[str, ...], Table] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        for table in authorization.visible(actor, tables_named(wanted[start : start + _AT_ONCE])):
            registered[astuple(table.name_parts)] = table
    return {each: registered[name] for each, name in parts.items() if name in registered}


def nodes_called(actor: Actor, entity: Entity) -> list[LineageNode]:
    """Return the node of something by its name or id, and that of the table with this name that ``actor`` sees."""
    keys = {entity.key, *(each.key for each in resolved(actor, [entity]))}
    return list(LineageNode.objects.filter(kind=entity.kind, key__in=keys))


def tables_named(names: Collection[tuple[str, ...]]) -> QuerySet[Table]:
    """Return the registered tables whose names may be among ``names``: each level's is."""
    levels = zip(("schema__catalog__name", "schema__name", "name"), zip(*names, strict=True), strict=False)
    rows = Table.objects.select_related("schema__catalog")
    return rows.filter(**{f"{column}__in": set(level) for column, level in levels}) if names else rows.none()


def table_key(table: Table) -> str:
    return f"{ROW}{table.uid}"


def add_table(table: Table) -> None:
    """Give a new table its node.

    The node of its mere name, which clients have reported before, stays too, so nothing changes for callers who
    named a table that is now registered, and hidden. Users who see the table read what leads to either.
    """
    row = {"table": table, "schema": table.schema}
    LineageNode.objects.create(kind=Kind.TABLE, key=table_key(table), name=table.full_name, **row)


def add_external(metadata: ExternalMetadata) -> None:
    """Give new external metadata its node."""
    LineageNode.objects.create(kind=Kind.EXTERNAL, key=str(metadata.uid), name=metadata.name, external=metadata)


def node_of(version: ModelVersion) -> LineageNode:
    """Return the node of a version, which its transaction holds; it is made with its first edge."""
    node, _ = LineageNode.objects.get_or_create(
        kind=Kind.MODEL_VERSION,
        key=str(version.uid),
        defaults={"name": str(version), "version": version, "registered_model": version.registered_model},
    )
    return node


def record_origin(version: ModelVersion, copied_from: ModelVersion | None, needed: Collection[Entity] = ()) -> None:
    """Note what a new version comes from: the run and the logged model that it was, the version that it is a copy of;
    and what it ``needed``: tables, functions and endpoints that it asks when it is used."""
    logged = "" if copied_from is not None else version.model_id  # a copy has its id from what it is a copy of
    made_by = [Entity(kind, each) for kind, each in ((Kind.RUN, version.run_id), (Kind.LOGGED_MODEL, logged)) if each]
    if copied_from is None and not made_by and not needed:
        return
    node, nodes = node_of(version), nodes_of([*made_by, *needed])
    connect([nodes[each] for each in made_by], [node], Edge.MADE, version.created_by)
    connect([nodes[each] for each in needed], [node], Edge.NEEDED, version.created_by)
    if version.run_id:
        UnreadRun.objects.create(version=version)
    if copied_from is not None:
        connect([node_of(copied_from)], [node], Edge.COPIED, version.created_by)


def connect(sources: Iterable[LineageNode], targets: Collection[LineageNode], kind: LineageEdge.Kind, by: str) -> None:
    """Note an edge from each source to each target; one that ``by`` has reported before stays as it is."""
    add_edges([edge(source, target, kind, by) for source in sources for target in targets])


def edge(source: LineageNode, target: LineageNode, kind: LineageEdge.Kind, by: str) -> LineageEdge:
    return LineageEdge(source=source, target=target, kind=kind, recorded_by=by)


def add_edges(edges: list[LineageEdge]) -> None:
    """Note ``edges``; those that the same reporter has reported before stay as they are."""
    edges.sort(key=lambda edge: (edge.source_id, edge.target_id))  # one order for all, as of nodes
    LineageEdge.objects.bulk_create(edges, ignore_conflicts=True)


def keep_names(versions: QuerySet[ModelVersion]) -> None:
    """Let the nodes of versions that are about to be deleted keep the names that these have now."""
    containers = "version__registered_model__schema__catalog"
    _keep(LineageNode.objects.filter(version__in=versions).select_related(containers))


def keep_table_names(tables: QuerySet[Table]) -> None:
    """Do the same for tables that are about to be deleted."""
    _keep(LineageNode.objects.filter(table__in=tables).select_related("table__schema__catalog"))


def _keep(nodes: QuerySet[LineageNode]) -> None:
    renamed = []
    for node in nodes.order_by("pk").iterator(chunk_size=_AT_ONCE):
        if node.name != str(node):
            node.name = str(node)
            renamed.append(node)
    LineageNode.objects.bulk_update(renamed, ["name"], batch_size=_AT_ONCE)
