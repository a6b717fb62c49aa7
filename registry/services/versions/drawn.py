"""Relationships that people have drawn, as far as a reader may see them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet, Value
from django.db.models.functions import Greatest, StrIndex, Substr

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.denials import Attempt
from registry.exceptions import DoesNotExist
from registry.models import Catalog, ExternalMetadata, LineageNode, ModelVersion, Relationship, Table
from registry.models.lineage import ROW
from registry.services.shared.graph import Direction, Entity, Kind
from registry.services.versions.lineage_rights import HIDEABLE, hidden_things
from registry.services.versions.relationships import End, delete_relationship, end_of, may_change, require_read
from registry.services.versions.sides import drawn_at

_WITH_RIGHTS = (Kind.MODEL_VERSION, *HIDEABLE)


def list_relationships(*, actor: Actor, end: End, direction: Direction) -> QuerySet[Relationship]:
    """Return the relationships on one side of ``end`` whose other ends ``actor`` may know."""
    require_read(actor, end)
    here, there = direction.ends
    versions = authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, ModelVersion.objects.all())
    known = {
        "version": versions.order_by().values("pk"),
        "table": authorization.visible(actor, Table.objects.all()).order_by().values("pk"),
        "external": authorization.visible(actor, ExternalMetadata.objects.all()).order_by().values("pk"),
    }
    other = ~Q(**{f"edge__{there}__kind__in": _WITH_RIGHTS}) | _mere_names(actor, f"edge__{there}__")
    for column, keys in known.items():
        other |= Q(**{f"edge__{there}__{column}__in": keys})
    node: dict[str, Any] = {f"edge__{here}__kind": end.entity.kind, f"edge__{here}__key": end.entity.key}
    if hidden_things(actor, list(LineageNode.objects.filter(kind=end.entity.kind, key=end.entity.key))):
        node["edge__recorded_by"] = actor.name  # a name that the reader has guessed
    rows = Relationship.objects.alias(catalog=_catalog_in(f"edge__{there}__name"))
    return _with_ends(rows.filter(other, **node)).order_by("pk")


def _mere_names(actor: Actor, path: str) -> Q:
    """Tables that are only names, as in ``hidden_things``: of visible catalogs, or reported by the reader."""
    is_one = Q(**{f"{path}kind": Kind.TABLE, f"{path}table": None}) & ~Q(**{f"{path}key__startswith": ROW})
    if authorization.is_administrator(actor):
        return is_one
    seen = authorization.visible(actor, Catalog.objects.order_by()).values("name")
    return is_one & (Q(edge__recorded_by=actor.name) | Q(catalog__in=seen))


def _catalog_in(path: str) -> Substr:
    """Compute the catalog that the name of a table names: what comes before its first period."""
    return Substr(path, 1, Greatest(StrIndex(F(path), Value(".")) - 1, Value(0)))


def _with_ends(rows: QuerySet[Relationship]) -> QuerySet[Relationship]:
    """With what is needed to name its ends."""
    paths = "version__registered_model__schema__catalog", "table__schema__catalog", "external"
    return rows.select_related(*(f"edge__{end}__{path}" for end in ("source", "target") for path in paths))


@dataclass(frozen=True)
class Drawn:
    """A relationship of a version, given by names, and whether the reader may remove it."""

    uid: UUID
    source: str
    target: str
    note: str
    recorded_by: str
    may_remove: bool


def list_drawn(*, actor: Actor, version: ModelVersion) -> list[Drawn]:
    """Return the relationships of ``version`` whose other ends ``actor`` may know."""
    if not drawn_at(version):
        return []  # as it nearly always is
    if not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, version):
        return []
    rows = (row for side in Direction for row in list_relationships(actor=actor, end=end_of(version), direction=side))
    return [_drawn(actor, row) for row in rows]


def get_drawn(*, actor: Actor, version: ModelVersion, uid: UUID) -> Drawn:
    """Return that relationship of ``version``, if ``actor`` may know its other end."""
    for drawn in list_drawn(actor=actor, version=version):
        if drawn.uid == uid:
            return drawn
    message = f"{version} has no such relationship."
    raise authorization.none_of(actor, Relationship.objects.filter(uid=uid), message, Attempt.GET_RELATIONSHIP)


def remove_drawn(*, actor: Actor, drawn: Drawn) -> None:
    """Remove a relationship that ``get_drawn`` has found."""
    row = _with_ends(Relationship.objects.filter(uid=drawn.uid)).first()
    if row is None:
        raise DoesNotExist("The relationship was removed in the meantime.")
    source, target = _end_of_node(row.edge.source), _end_of_node(row.edge.target)
    delete_relationship(actor=actor, source=source, target=target, uid=str(drawn.uid))


def _drawn(actor: Actor, row: Relationship) -> Drawn:
    source, target = _end_of_node(row.edge.source), _end_of_node(row.edge.target)
    may = may_change(actor, source, target, row)
    return Drawn(row.uid, source.label, target.label, row.note, row.edge.recorded_by, may)


def _end_of_node(node: LineageNode) -> End:
    row = node.version or node.table or node.external
    return end_of(row) if row is not None else End(Entity(Kind(node.kind), node.name, node.name, node.key))
