"""To which experiments runs, logged models and traces belong, as the attached server tells of each of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from registry.exceptions import DoesNotExist
from registry.tracking.attached.line import API, API_3, call, quoted

_TRACES_AT_ONCE = 100


def experiments_of(asked: dict[str, list[str]]) -> dict[str, dict[str, int]]:
    """Return the experiment of each id in ``asked``, by kind (``run``, ``model``, ``trace``); not of unknown ids."""
    found = {"run": dict(_runs(asked.get("run", ()))), "model": dict(_models(asked.get("model", ())))}
    return {**found, "trace": dict(_traces(asked.get("trace", ())))}


def _runs(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for key in ids:
        try:
            info = call("GET", f"{API}/runs/get", {"run_id": key})["run"]["info"]
        except DoesNotExist:
            continue
        yield key, int(info["experiment_id"])


def _models(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for key in ids:
        try:
            info = call("GET", f"{API}/logged-models/{quoted(key)}", {})["model"]["info"]
        except DoesNotExist:
            continue
        yield key, int(info["experiment_id"])


def _traces(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(ids), _TRACES_AT_ONCE):
        some = {"trace_ids": ids[start : start + _TRACES_AT_ONCE]}
        for info in call("POST", f"{API_3}/traces/batchGetInfos", some).get("trace_infos", ()):
            yield info["trace_id"], int(info["trace_location"]["mlflow_experiment"]["experiment_id"])
