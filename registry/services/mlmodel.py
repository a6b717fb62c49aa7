"""What a version's uploaded ``MLmodel`` file tells about it."""

from __future__ import annotations

import uuid
from typing import Any

import yaml

from registry import limits
from registry.exceptions import FileDoesNotExist, InvalidState
from registry.models import ModelVersion
from registry.storage import artifact_store


def learn(version: ModelVersion) -> dict[str, Any]:
    """The columns that finalizing fills: ``model_id`` and ``run_id``, where the creator did not give them.

    MLflow's client needs a model id in every version (an empty one breaks its copy), so one is made if need be.
    Raises InvalidState when nothing was uploaded.
    """
    if not artifact_store(version.storage_location).list_files(version.storage_location):
        raise InvalidState(f"{version} has no artifacts: upload its files before finalizing it.")
    described = _read(version)
    model_id = version.model_id or _text(described, "model_id", limits.MODEL_ID_LENGTH) or f"m-{uuid.uuid4().hex}"
    return {"model_id": model_id, "run_id": version.run_id or _text(described, "run_id", limits.RUN_ID_LENGTH)}


def _read(version: ModelVersion) -> dict[str, Any]:
    """The file's mapping; empty if there is none, or if it is not what MLflow writes (it is the client's)."""
    store = artifact_store(version.storage_location)
    try:
        size = store.stat(version.storage_location, "MLmodel").size
        if size > limits.MLMODEL_LENGTH:
            return {}
        text = b"".join(store.read(version.storage_location, "MLmodel", 0, size))
        described = yaml.safe_load(text)
    except (FileDoesNotExist, yaml.YAMLError, ValueError, RecursionError):
        return {}
    return described if isinstance(described, dict) else {}


def _text(described: dict[str, Any], key: str, longest: int) -> str:
    value = described.get(key)
    return value if isinstance(value, str) and len(value) <= longest else ""
