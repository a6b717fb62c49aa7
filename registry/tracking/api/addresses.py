"""Where clients are told to find the files of a run: MLflow's proxy, or what Databricks' clients know instead.

The store has the proxy's addresses. A client whose tracking server is `databricks` refuses those, and asks the Files
API for what Databricks' own address names.
"""

from __future__ import annotations

from typing import Any

import orjson

from registry.tracking.trees import RunTree

_PROXY = "mlflow-artifacts:/"
_DATABRICKS = "dbfs:/databricks/mlflow-tracking/"
_NAMES = ("artifact_uri", "artifact_location", "root_uri", "mlflow.artifactLocation")
"""The fields, and the tag of traces, that hold such an address."""


def of(tree: RunTree, user_agent: str) -> str:
    """Return the address of the files of ``tree``, for a client with that user agent."""
    return _as_databricks(tree.address) if is_databricks(user_agent) else tree.address


def is_databricks(user_agent: str) -> bool:
    """Return whether a client speaks through Databricks' SDK, as MLflow's does for `databricks`."""
    return "databricks-sdk" in user_agent


def translated(body: bytes) -> bytes:
    """Return an answer of the store with the addresses that Databricks' clients know."""
    if _PROXY.encode() not in body:
        return body
    content = orjson.loads(body)
    _translate(content)
    return orjson.dumps(content)


def _translate(value: Any) -> None:
    for item in value if isinstance(value, list) else [value]:
        if not isinstance(item, dict):
            continue
        if item.get("key") in _NAMES and isinstance(item.get("value"), str):
            item["value"] = _as_databricks(item["value"])
        for name, inner in item.items():
            if name in _NAMES and isinstance(inner, str):
                item[name] = _as_databricks(inner)
            elif isinstance(inner, dict | list):
                _translate(inner)


def _as_databricks(address: str) -> str:
    if not address.startswith(_PROXY):
        return address
    experiment, _, rest = address.removeprefix(_PROXY).partition("/")
    inside = f"logged_models/{rest.removeprefix('models/')}" if rest.startswith("models/") else rest
    return f"{_DATABRICKS}{experiment}/{inside}" if inside else f"{_DATABRICKS}{experiment}"
