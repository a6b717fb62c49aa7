"""What of the graph of lineage is for a reader to know, for many nodes at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import LineageNode, ModelVersion, RegisteredModel
from registry.services.shared.graph import Kind

AT_ONCE = 5_000
"""Keys in one query."""


def pieces(keys: Iterable[int]) -> Iterator[list[int]]:
    """Yield ``keys`` in order, as many at a time as one query takes."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def shown_versions(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Return the keys of those nodes of versions that ``actor`` may know of: whose metadata it may read. Of a version
    that is gone its model decides, and nobody knows of one whose model is gone too."""
    there = {node.version_id for node in nodes if node.version_id is not None}
    models = {node.registered_model_id for node in nodes if node.version_id is None} - {None}
    versions, of_gone = _readable(actor, ModelVersion, there), _readable(actor, RegisteredModel, models)
    return {
        node.pk
        for node in nodes
        if (node.version_id in versions if node.version_id is not None else node.registered_model_id in of_gone)
    }


def managed_versions(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Return the keys of those nodes of versions whose events ``actor`` may read: they tell who has loaded them."""
    models = {node.registered_model_id for node in nodes} - {None}
    managed = _readable(actor, RegisteredModel, models, Operation.READ_AUDIT_LOG)
    return {node.pk for node in nodes if node.registered_model_id in managed}


def unseen_catalogs(actor: Actor, names: Collection[str]) -> set[str]:
    """Return those of ``names`` of which ``actor`` sees no catalog: who has told of a table in one knows of it."""
    ordered = sorted(names)
    unseen: set[str] = set()
    for start in range(0, len(ordered), AT_ONCE):
        unseen |= authorization.unseen_catalogs(actor, set(ordered[start : start + AT_ONCE]))
    return unseen


def catalog_of(table: str) -> str:
    """Return the catalog that the name of a table names."""
    return table.partition(".")[0].lower()


def hidden_tables(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Return the keys of those nodes that are tables of catalogs which ``actor`` does not see."""
    tables = {node.pk: catalog_of(node.name) for node in nodes if node.kind == Kind.TABLE}
    unseen = unseen_catalogs(actor, set(tables.values()))
    return {key for key, catalog in tables.items() if catalog in unseen}


def _readable(
    actor: Actor,
    kind: type[ModelVersion] | type[RegisteredModel],
    keys: Iterable[int | None],
    operation: Operation = Operation.READ_REGISTERED_MODEL,
) -> set[int | None]:
    readable: set[int | None] = set()
    for some in pieces(key for key in keys if key is not None):
        rows = authorization.permitted(actor, operation, kind.objects.filter(pk__in=some))
        readable.update(rows.order_by().values_list("pk", flat=True))
    return readable
