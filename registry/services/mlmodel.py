"""What a version's uploaded ``MLmodel`` file tells about it."""

from __future__ import annotations

import uuid
from typing import Any

import yaml

from registry import limits
from registry.exceptions import FileDoesNotExist, InvalidState
from registry.models import ModelVersion
from registry.names import plain_text
from registry.storage import artifact_store

# libyaml's parser where the wheel carries it: the pure one takes seconds for what a client may upload.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def learn(version: ModelVersion) -> dict[str, Any]:
    """The columns that finalizing fills: ``model_id`` and ``run_id``, where the creator did not give them.

    MLflow's client needs a model id in every version (an empty one breaks its copy), so one is made if need be.
    Raises InvalidState when nothing was uploaded.
    """
    if not artifact_store(version.storage_location).list_files(version.storage_location):
        raise InvalidState(f"{version} has no artifacts: upload its files before finalizing it.")
    told = _read(version)
    model_id = version.model_id or plain_text(told.get("model_id"), limits.MODEL_ID_LENGTH) or f"m-{uuid.uuid4().hex}"
    return {"model_id": model_id, "run_id": version.run_id or plain_text(told.get("run_id"), limits.RUN_ID_LENGTH)}


def _read(version: ModelVersion) -> dict[str, str]:
    """The plain values at the top of the file; empty if there is none, or if it is not what MLflow writes.

    The file is the client's: it is parsed into nodes and nothing is constructed from them. Aliases and merge keys,
    with which a few hundred bytes grow without bounds, stay what they are.
    """
    store = artifact_store(version.storage_location)
    try:
        size = store.stat(version.storage_location, "MLmodel").size
        if size > limits.MLMODEL_LENGTH:
            return {}
        root = yaml.compose(b"".join(store.read(version.storage_location, "MLmodel", 0, size)), Loader=_LOADER)
    except (FileDoesNotExist, yaml.YAMLError, ValueError, RecursionError):
        return {}
    pairs = root.value if isinstance(root, yaml.MappingNode) else []
    return {key.value: value.value for key, value in pairs if _is_text(key) and _is_text(value)}


def _is_text(node: yaml.Node) -> bool:
    return isinstance(node, yaml.ScalarNode) and node.tag == "tag:yaml.org,2002:str"
