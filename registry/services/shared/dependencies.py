"""What a version says that it needs when it is used: as clients tell it, and as nodes of lineage."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from registry import limits
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


def _entities(dependency: Mapping[str, Any]) -> Iterable[Entity]:
    within = {key: dependency[key] for key in _NAMES if isinstance(dependency.get(key), dict)}
    told: list[tuple[Kind | None, Any]] = [
        (_NAMES[key][0], message.get(_NAMES[key][1])) for key, message in within.items()
    ]
    told.append((_KINDS.get(str(dependency.get("type", ""))), dependency.get("name")))
    for kind, name in told:
        text = plain_text(name, limits.DEPENDENCY_NAME_LENGTH)
        if kind is not None and text:
            yield Entity(kind, text, text if kind == Kind.TABLE else "")
