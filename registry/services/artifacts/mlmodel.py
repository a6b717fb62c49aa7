"""What a version's uploaded ``MLmodel`` file says about it.

The file is the client's: it is parsed into nodes, and plain values are made of at most ``MLMODEL_VALUES`` of them.
Nothing is constructed, no alias is followed without being counted and no merge key is obeyed: with those a few hundred
bytes grow without bounds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import yaml

from registry import limits
from registry.exceptions import FileDoesNotExist, InvalidState
from registry.models import ModelVersion
from registry.names import plain_text
from registry.services.artifacts.digests import manifest_digest
from registry.services.artifacts.inventory import StoredFile
from registry.services.artifacts.signatures import Signature, read_signature
from registry.storage import artifact_store

# libyaml's parser where the wheel carries it: the pure one takes seconds for what a client may upload.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

GENERIC_FLAVOR = "python_function"
"""The flavor that every model has besides its own, if it has one."""
_TEXT_LENGTH = 10_000
_DEEPEST = 50


@dataclass(frozen=True)
class Flavor:
    """How a model can be loaded: the name of the flavor and what it says about itself, as texts."""

    name: str
    options: dict[str, str]


@dataclass(frozen=True)
class MLmodel:
    """The parts of the file that people ask for. Empty where the file does not say."""

    signature: Signature | None = None
    flavors: list[Flavor] = field(default_factory=list)
    facts: dict[str, str] = field(default_factory=dict)
    input_example: str = ""
    """The path of the file with the input example, relative to the version's root."""

    @property
    def flavor(self) -> str:
        """The flavor of the library that made the model, or the generic one."""
        names = [flavor.name for flavor in self.flavors]
        return next((name for name in names if name != GENERIC_FLAVOR), names[0] if names else "")


_FACTS = ("mlflow_version", "model_id", "run_id")


def describe(version: ModelVersion) -> MLmodel:
    """Return what the version's file says; empty if there is none, or if it is not what MLflow writes."""
    return describe_at(version.storage_location, "MLmodel")


def describe_at(location: str, path: str) -> MLmodel:
    """Return the same of the file at ``path`` of a location."""
    content = _read(location, path)
    example = content.get("saved_input_example_info")
    return MLmodel(
        signature=read_signature(content.get("signature")),
        flavors=[Flavor(name, _texts(options)) for name, options in _mapping(content.get("flavors")).items()],
        facts={name: text for name in _FACTS if (text := plain_text(content.get(name), _TEXT_LENGTH))},
        input_example=plain_text(_mapping(example).get("artifact_path"), limits.ARTIFACT_PATH_LENGTH),
    )


def learn(version: ModelVersion, files: Sequence[StoredFile]) -> dict[str, Any]:
    """Return the columns that finalizing fills: size, digest, flavor, and the ids where the creator did not give them.

    MLflow's client needs a model id in every version (an empty one breaks its copy), so one is made if necessary.
    Raises InvalidState when nothing was uploaded.
    """
    if not files:
        raise InvalidState(f"{version} has no artifacts: upload its files before finalizing it.")
    mlmodel = describe(version)
    model_id = version.model_id or plain_text(mlmodel.facts.get("model_id"), limits.MODEL_ID_LENGTH)
    return {
        "model_id": model_id or f"m-{uuid.uuid4().hex}",
        "run_id": version.run_id or plain_text(mlmodel.facts.get("run_id"), limits.RUN_ID_LENGTH),
        "size": sum(file.size for file in files),
        "digest": manifest_digest((file.path, file.sha256) for file in files),
        "flavor": plain_text(mlmodel.flavor, limits.FLAVOR_LENGTH),
    }


def _read(location: str, path: str) -> Mapping[str, Any]:
    store = artifact_store(location)
    try:
        size = store.stat(location, path).size
        if size > limits.MLMODEL_LENGTH:
            return {}
        text = b"".join(store.read(location, path, 0, size))
        _require_simple(text)
        return _mapping(_Plain().value(yaml.compose(text, Loader=_LOADER)))
    except (FileDoesNotExist, yaml.YAMLError, ValueError, RecursionError):
        return {}


def _require_simple(text: bytes) -> None:
    """Raise ValueError for what is nested too deeply or has too many values.

    libyaml's composer recurses for every level and ends the process when the stack runs out; its parser does not.
    """
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_LOADER)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > _DEEPEST or count > limits.MLMODEL_VALUES:
            raise ValueError("too deep, or too much")


class _Plain:
    """Makes texts, lists and mappings from nodes (and None from numbers), and gives up (ValueError) after so many."""

    def __init__(self) -> None:
        self.left = limits.MLMODEL_VALUES

    def value(self, node: yaml.Node | None) -> Any:
        self.left -= 1
        if self.left < 0:
            raise ValueError("too many values")
        if isinstance(node, yaml.MappingNode):
            return {key.value: self.value(below) for key, below in node.value if isinstance(key, yaml.ScalarNode)}
        if isinstance(node, yaml.SequenceNode):
            return [self.value(below) for below in node.value]
        return node.value if node is not None and node.tag == "tag:yaml.org,2002:str" else None


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(options: Any) -> dict[str, str]:
    return {name: value for name, value in _mapping(options).items() if isinstance(value, str) and value}
