"""What a reader may see in the lineage graph, for many nodes at once."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import Any

from django.db.models import Model, QuerySet

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Experiment, ExternalMetadata, LineageNode, ModelVersion, RegisteredModel, Table
from registry.privileges import SecurableType
from registry.services.shared import finders, graph
from registry.services.shared.graph import Kind

HIDEABLE = (Kind.TABLE, Kind.EXTERNAL, Kind.EXPERIMENT)
"""Kinds whose names are not for everyone; versions and consumers have their own rules."""
Thing = Table | ExternalMetadata | Experiment
_NAMES = 500
AT_ONCE = 5_000
"""Keys in one query."""


def pieces(keys: Iterable[int]) -> Iterator[list[int]]:
    """Yield ``keys`` in order, as many at a time as one query takes."""
    ordered = sorted(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


def shown_versions(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Return the keys of those nodes of versions that ``actor`` may see: whose metadata it may read. For a deleted
    version, its model decides, and no one sees one whose model was deleted too."""
    there = {node.version_id for node in nodes if node.version_id is not None}
    models = {node.registered_model_id for node in nodes if node.version_id is None} - {None}
    versions, of_gone = _readable(actor, ModelVersion, there), _readable(actor, RegisteredModel, models)
    return {
        node.pk
        for node in nodes
        if (node.version_id in versions if node.version_id is not None else node.registered_model_id in of_gone)
    }


def managed_versions(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Return the keys of those nodes of versions whose events ``actor`` may read: they show who has loaded them."""
    models = {node.registered_model_id for node in nodes} - {None}
    managed = _readable(actor, RegisteredModel, models, Operation.READ_AUDIT_LOG)
    return {node.pk for node in nodes if node.registered_model_id in managed}


def _unseen_catalogs(actor: Actor, names: Collection[str]) -> set[str]:
    """Return those of ``names`` for which ``actor`` sees no catalog: users who reported a table in one know of it."""
    ordered = sorted(names)
    unseen: set[str] = set()
    for start in range(0, len(ordered), AT_ONCE):
        unseen |= authorization.unseen_catalogs(actor, set(ordered[start : start + AT_ONCE]))
    return unseen


def catalog_of(table: str) -> str:
    """Return the catalog that the name of a table names."""
    return table.partition(".")[0].lower()


def hidden_things(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Return the keys of those nodes, other than versions, whose names ``actor`` may not know.

    For a registered table, the rights to it decide, and for a deleted one, those to its schema; for one that is only a
    name, whether its catalog is seen. Deleted external metadata and experiments are for no one. Nothing is hidden from
    administrators.
    """
    if authorization.is_administrator(actor):
        return set()
    return _hidden_names(actor, nodes) | _hidden_rows(actor, nodes) | _hidden_experiments(actor, nodes)


def is_for_tellers(node: LineageNode) -> bool:
    """Return whether users who reported something may read its name though it is hidden: they have given it.

    They saw a table of ours when they reported it, and it may have another name since.
    """
    return not (node.kind == Kind.TABLE and node.is_of_a_row)


def _hidden_names(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    """Mere names of tables: hidden if their catalogs are, or if a table of that name is registered and hidden."""
    named = {node.pk: node.name for node in nodes if node.kind == Kind.TABLE and not node.is_of_a_row}
    unseen = _unseen_catalogs(actor, {catalog_of(name) for name in named.values()})
    parts = sorted({tuple(name.split(".")) for name in named.values() if catalog_of(name) not in unseen})
    full = [name for name in parts if len(name) == 3]
    registered: set[str] = set()
    for start in range(0, len(full), _NAMES):
        tables = graph.tables_named(full[start : start + _NAMES])
        hidden = tables.exclude(pk__in=authorization.visible(actor, Table.objects.order_by()).values("pk"))
        registered.update(table.full_name for table in hidden)
    return {key for key, name in named.items() if catalog_of(name) in unseen or name in registered}


def _hidden_experiments(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    ids = {node.pk: int(node.key) for node in nodes if node.kind == Kind.EXPERIMENT}
    visible: set[int | None] = set()
    for some in pieces(ids.values()):
        rows = authorization.visible(actor, Experiment.objects.filter(experiment_id__in=some))
        visible.update(rows.order_by().values_list("experiment_id", flat=True))
    return {key for key, experiment in ids.items() if experiment not in visible}


def _hidden_rows(actor: Actor, nodes: Collection[LineageNode]) -> set[int]:
    rows = [node for node in nodes if node.is_of_a_row and node.kind != Kind.MODEL_VERSION]
    tables = _known(actor, Table, {node.table_id for node in rows})
    metadata = _known(actor, ExternalMetadata, {node.external_id for node in rows})
    schemas: set[int | None] = set()
    for some in pieces({node.schema_id for node in rows if node.table_id is None and node.schema_id is not None}):
        whole = authorization.schemas_seen_whole(actor, SecurableType.TABLE).filter(pk__in=some)
        schemas.update(whole.values_list("pk", flat=True))
    return {
        node.pk
        for node in rows
        if not (node.table_id in tables or node.external_id in metadata or _is_of(node, schemas))
    }


def _is_of(node: LineageNode, schemas: Collection[int | None]) -> bool:
    return node.kind == Kind.TABLE and node.table_id is None and node.schema_id in schemas


def rows_of(nodes: Collection[LineageNode]) -> dict[int, Thing]:
    """Return the registered tables, the external metadata and the experiments among ``nodes``, by the nodes' keys: with
    the names that they have now, and their owners."""
    rows: dict[int, Thing] = {}
    ids = {int(node.key): node.pk for node in nodes if node.kind == Kind.EXPERIMENT}
    experiments = Experiment.objects.select_related("owner_user", "owner_group")
    for some in pieces(ids):
        rows |= {ids[row.experiment_id or 0]: row for row in experiments.filter(experiment_id__in=some)}
    for queryset, column in (
        (finders.tables(), "table_id"),
        (ExternalMetadata.objects.select_related("owner_user", "owner_group"), "external_id"),
    ):
        keys = {getattr(node, column): node.pk for node in nodes if getattr(node, column) is not None}
        for some in pieces(keys):
            rows |= {keys[row.pk]: row for row in queryset.filter(pk__in=some)}
    return rows


def _known(actor: Actor, kind: type[Model], keys: Iterable[int | None]) -> set[int | None]:
    return _narrowed(kind, keys, lambda rows: authorization.visible(actor, rows))


def _readable(
    actor: Actor,
    kind: type[ModelVersion] | type[RegisteredModel],
    keys: Iterable[int | None],
    operation: Operation = Operation.READ_REGISTERED_MODEL,
) -> set[int | None]:
    return _narrowed(kind, keys, lambda rows: authorization.permitted(actor, operation, rows))


def _narrowed(
    kind: type[Model], keys: Iterable[int | None], narrow: Callable[[QuerySet[Any]], QuerySet[Any]]
) -> set[int | None]:
    """Return those of ``keys`` whose rows pass ``narrow``."""
    left: set[int | None] = set()
    for some in pieces(key for key in keys if key is not None):
        left.update(narrow(kind._default_manager.filter(pk__in=some)).order_by().values_list("pk", flat=True))
    return left
