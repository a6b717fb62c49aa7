"""Runs and logged models, as pages and services of ours read them. What MLflow stores of them is its own."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson

from registry.actor import Actor
from registry.tracking.calls import call

_ID = re.compile(r"[0-9A-Za-z_-]{1,64}")
NOTE, _PARENT, _NAME = "mlflow.note.content", "mlflow.parentRunId", "mlflow.runName"


@dataclass(frozen=True)
class Tag:
    key: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}: {self.value}" if self.value else self.key


@dataclass(frozen=True)
class Metric:
    """The last value of a metric of a run. ``step`` and ``timestamp`` (milliseconds) are its own."""

    key: str
    value: float
    step: int = 0
    timestamp: int = 0
    dataset_name: str = ""
    dataset_digest: str = ""


@dataclass(frozen=True)
class Dataset:
    """What a run has read. ``source`` is what MLflow noted about its location, JSON text for most types."""

    name: str
    digest: str
    source_type: str
    source: str
    context: str = ""

    @property
    def place(self) -> str:
        """Where it is, in one line: a table's name, an address, a path."""
        noted = _mapping(self.source)
        names = ("delta_table_name", "table_name", "path", "uri", "url")
        return next((str(noted[name]) for name in names if noted.get(name)), self.source if not noted else "")

    @property
    def table(self) -> str:
        """The name of the table that it is; empty for anything else."""
        noted = _mapping(self.source)
        return str(noted.get("delta_table_name") or noted.get("table_name") or "")


@dataclass(frozen=True)
class Run:
    """A run with what was logged to it last."""

    run_id: str
    experiment_id: int
    name: str
    status: str
    user: str
    started_at: datetime | None
    ended_at: datetime | None
    is_deleted: bool = False
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, Metric] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[Dataset, ...] = ()
    models: tuple[tuple[str, int], ...] = ()
    """The ids of the models that it has logged, and the steps at which it did."""

    @property
    def seconds(self) -> float | None:
        """How long it took; None while it runs."""
        return (self.ended_at - self.started_at).total_seconds() if self.started_at and self.ended_at else None

    @property
    def last_values(self) -> list[tuple[str, float]]:
        """The metrics with their last values."""
        return [(metric.key, metric.value) for metric in self.metrics.values()]

    @property
    def description(self) -> str:
        return self.tags.get(NOTE, "")

    @property
    def source(self) -> str:
        """What logged it: a script, a notebook."""
        return self.tags.get("mlflow.source.name", "")

    @property
    def commit(self) -> str:
        return self.tags.get("mlflow.source.git.commit", "")

    @property
    def parent(self) -> str:
        """The id of the run in which it is nested; empty for what can't be one, which a client may also send."""
        named = self.tags.get(_PARENT, "")
        return named if _ID.fullmatch(named) else ""

    @property
    def own_tags(self) -> list[Tag]:
        return own_tags(self.tags)


@dataclass(frozen=True)
class LoggedModel:
    """A model that a run, or only its user, has logged."""

    model_id: str
    experiment_id: int
    name: str
    status: str
    source_run_id: str
    created_at: datetime | None
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def last_values(self) -> list[tuple[str, float]]:
        """The metrics with their values, each with the dataset that it was measured on."""
        return [
            (f"{metric.key} ({metric.dataset_name})" if metric.dataset_name else metric.key, metric.value)
            for metric in self.metrics
        ]

    @property
    def own_tags(self) -> list[Tag]:
        return own_tags(self.tags)


def own_tags(tags: Mapping[str, str]) -> list[Tag]:
    """Return the tags that people and their code have set, without those that MLflow uses internally."""
    return [Tag(key, value) for key, value in sorted(tags.items()) if not key.startswith("mlflow.")]


def get_run(*, actor: Actor, run_id: str) -> Run:
    """Return a run of an experiment that ``actor`` may read."""
    return read_run(call("GET", "runs/get", actor=actor, run_id=run_id)["run"])


def get_logged_model(*, actor: Actor, model_id: str) -> LoggedModel:
    """Return a logged model of an experiment that ``actor`` may read."""
    return read_model(call("GET", "logged-models/<model_id>", actor=actor, model_id=model_id)["model"])


def read_run(message: Mapping[str, Any]) -> Run:
    """Read a run as MLflow writes it."""
    info, data = message["info"], message.get("data", {})
    tags = _pairs(data.get("tags"))
    return Run(
        run_id=info["run_id"],
        experiment_id=int(info["experiment_id"]),
        name=info.get("run_name") or tags.get(_NAME, ""),
        status=info.get("status", ""),
        user=info.get("user_id", ""),
        started_at=_moment(info.get("start_time")),
        ended_at=_moment(info.get("end_time")),
        is_deleted=info.get("lifecycle_stage") == "deleted",
        params=dict(sorted(_pairs(data.get("params")).items())),
        metrics={metric.key: metric for metric in sorted(_metrics(data), key=lambda metric: metric.key)},
        tags=tags,
        datasets=tuple(_dataset(item) for item in message.get("inputs", {}).get("dataset_inputs", ())),
        models=tuple(
            (item["model_id"], int(item.get("step", 0))) for item in message.get("outputs", {}).get("model_outputs", ())
        ),
    )


def read_model(message: Mapping[str, Any]) -> LoggedModel:
    """Read a logged model as MLflow writes it."""
    info, data = message["info"], message.get("data", {})
    return LoggedModel(
        model_id=info["model_id"],
        experiment_id=int(info["experiment_id"]),
        name=info.get("name", ""),
        status=str(info.get("status", "")).removeprefix("LOGGED_MODEL_"),
        source_run_id=info.get("source_run_id", ""),
        created_at=_moment(info.get("creation_timestamp_ms")),
        params=dict(sorted(_pairs(data.get("params")).items())),
        metrics=tuple(_metrics(data)),
        tags=_pairs(info.get("tags")),
    )


def _metrics(data: Mapping[str, Any]) -> list[Metric]:
    return [
        Metric(
            key=item["key"],
            value=float(item["value"]),
            step=int(item.get("step", 0)),
            timestamp=int(item.get("timestamp", 0)),
            dataset_name=item.get("dataset_name") or "",
            dataset_digest=item.get("dataset_digest") or "",
        )
        for item in data.get("metrics", ())
    ]


def _dataset(message: Mapping[str, Any]) -> Dataset:
    noted, tags = message["dataset"], _pairs(message.get("tags"))
    return Dataset(
        name=noted.get("name", ""),
        digest=noted.get("digest", ""),
        source_type=noted.get("source_type", ""),
        source=noted.get("source", ""),
        context=tags.get("mlflow.data.context", ""),
    )


def _pairs(items: Any) -> dict[str, str]:
    return {item["key"]: str(item.get("value", "")) for item in items or ()}


def _moment(milliseconds: Any) -> datetime | None:
    """The point in time, if there is one and the calendar has it: clients may send any whole number."""
    try:
        return datetime.fromtimestamp(int(milliseconds) / 1000, UTC) if milliseconds else None
    except (OverflowError, ValueError, OSError):
        return None


def _mapping(text: str) -> Mapping[str, Any]:
    try:
        content = orjson.loads(text)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
