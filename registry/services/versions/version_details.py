"""What a version says about itself, assembled from its row and its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import FileDoesNotExist, InvalidParameterValue
from registry.models import ModelVersion
from registry.services.artifacts import mlmodel
from registry.services.artifacts.mlmodel import MLmodel
from registry.storage import artifact_store

_LONGEST = 64 * 1024
"""How many bytes of a file are shown as part of a page."""
ENVIRONMENTS = ("requirements.txt", "conda.yaml", "python_env.yaml")
"""The files in which MLflow writes what a model needs to run."""


@dataclass(frozen=True)
class Details:
    """``environment``: the file that contains it, and its text; ``input_example``: JSON, if it is not too long.
    Empty where there is none, or for users who may not read.

    What ``MLmodel`` says (signature, flavors, ids) is metadata: users who read the version's row read it too. Files are
    data, and need the right to them.
    """

    mlmodel: MLmodel = field(default_factory=MLmodel)
    environment: tuple[str, str] = ("", "")
    input_example: str = ""

    @property
    def requirements(self) -> list[str]:
        """The lines of the environment that say something."""
        lines = (line.strip() for line in self.environment[1].splitlines())
        return [line for line in lines if line and not line.startswith("#")]


def describe_version(*, actor: Actor, version: ModelVersion) -> Details:
    """Return the details that ``actor`` may see of a version; none while it has not been finalized."""
    if not version.is_ready or not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, version):
        return Details()
    content = mlmodel.describe(version)
    if not authorization.allows(actor, Operation.READ_ARTIFACTS, version):
        return Details(content)
    return Details(content, _environment(version), _input_example(version, content.input_example))


def latest_metrics(metrics: Iterable[Mapping[str, Any]]) -> dict[str, float]:
    """Return the last value of each of a version's metrics, by name (and dataset, where that distinguishes several)."""
    latest: dict[str, tuple[Any, float]] = {}
    for metric in metrics:
        name = f"{metric['key']} ({metric['dataset_name']})" if metric.get("dataset_name") else metric["key"]
        when = (metric.get("step", 0), metric.get("timestamp", 0))
        if name not in latest or when >= latest[name][0]:
            latest[name] = (when, float(metric["value"]))  # PostgreSQL reads 1e20 as an integer
    return {name: value for name, (_, value) in sorted(latest.items())}


def params_of(version: ModelVersion) -> dict[str, str]:
    """Return the parameters of a version, by name."""
    return {param["name"]: param["value"] for param in sorted(version.params, key=lambda param: param["name"])}


def _environment(version: ModelVersion) -> tuple[str, str]:
    for path in ENVIRONMENTS:
        if (text := _begin_of(version, path)) is not None:
            return path, text
    return "", ""


def _input_example(version: ModelVersion, path: str) -> str:
    """The example as indented JSON; empty, if it is something else or does not fit."""
    if not path:
        return ""
    try:
        return orjson.dumps(orjson.loads(_begin_of(version, path) or ""), option=orjson.OPT_INDENT_2).decode()
    except (ValueError, TypeError):
        return ""


def _begin_of(version: ModelVersion, path: str) -> str | None:
    """The text of a file, as much of it as a page shows; None if there is no such file."""
    store = artifact_store(version.storage_location)
    try:
        size = store.stat(version.storage_location, path).size
        pieces = store.read(version.storage_location, path, 0, min(size, _LONGEST))
        return b"".join(pieces).decode(errors="replace")
    except (FileDoesNotExist, InvalidParameterValue):
        return None
