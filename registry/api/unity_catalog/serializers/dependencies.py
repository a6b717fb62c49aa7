"""What a version depends on: tables, functions and connections."""

from __future__ import annotations

from typing import Any

from registry import limits
from registry.models import ModelVersion
from registry.names import plain_text

_NAMES = {"table": "table_full_name", "function": "function_full_name", "connection": "connection_name"}
_KINDS = {
    "DATABRICKS_TABLE": "table",
    "DATABRICKS_VECTOR_INDEX": "table",
    "DATABRICKS_UC_FUNCTION": "function",
    "DATABRICKS_UC_CONNECTION": "connection",
}
"""How a dependency reported in the default dialect reads here; other kinds have no place in these messages."""


def securables_of(version: ModelVersion) -> list[dict[str, Any]]:
    """Return what a version depends on, as these messages have it."""
    securables: list[dict[str, Any]] = []
    for dependency in version.dependencies:
        if kind := _KINDS.get(str(dependency.get("type", ""))):
            securables.append({kind: {_NAMES[kind]: dependency.get("name", "")}})
        else:
            securables += known_dependency(dependency)
    return securables


def known_dependency(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Return a dependency in the form of these messages, and nothing besides its name: the rest is the client's."""
    given = {kind: item[kind].get(key) for kind, key in _NAMES.items() if isinstance(item.get(kind), dict)}
    named = ((kind, plain_text(name, limits.DEPENDENCY_NAME_LENGTH)) for kind, name in given.items())
    return [{kind: {_NAMES[kind]: name}} for kind, name in named if name]
