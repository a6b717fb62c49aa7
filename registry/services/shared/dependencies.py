"""What a version says that it needs when it is used: as clients state it, and as nodes of lineage."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from registry import limits
from registry.models import LineageNode
from registry.names import plain_text
from registry.services.shared.graph import Entity, Kind

_KINDS = {
    "DATABRICKS_TABLE": Kind.TABLE,
    "DATABRICKS_VECTOR_INDEX": Kind.VECTOR_INDEX,
    "DATABRICKS_UC_FUNCTION": Kind.FUNCTION,
    "DATABRICKS_UC_CONNECTION": Kind.CONNECTION,
    "DATABRICKS_MODEL_ENDPOINT": Kind.ENDPOINT,
    "DATABRICKS_UC_MODEL_SERVICE": Kind.ENDPOINT,
}
"""The types of MLflow's messages."""
_NAMES = {
    "table": (Kind.TABLE, "table_full_name"),
    "function": (Kind.FUNCTION, "function_full_name"),
    "connection": (Kind.CONNECTION, "connection_name"),
}
"""The kinds of Unity Catalog's messages, each with the key of its name."""


def needed(dependencies: Iterable[Mapping[str, Any]]) -> list[Entity]:
    """Return the nodes of ``dependencies``, in either form; what cannot be read is left out."""
    return list(dict.fromkeys(entity for each in dependencies for entity in _entities(each)))


def _entities(dependency: Mapping[str, Any]) -> Iterator[Entity]:
    if known := _KINDS.get(str(dependency.get("type", ""))):
        yield from _entity(known, dependency.get("name"))
    for key, (kind, name) in _NAMES.items():
        message = dependency.get(key)
        if isinstance(message, dict):
            yield from _entity(kind, message.get(name))


def _entity(kind: LineageNode.Kind, name: Any) -> Iterator[Entity]:
    if text := plain_text(name, limits.DEPENDENCY_NAME_LENGTH):
        yield Entity(kind, text, text if kind == Kind.TABLE else "")
