"""Which experiments runs, logged models and traces belong to, as the attached server reports for each of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.tracking.attached.line import API, API_3, call

_ID = re.compile(r"[\w-]{1,100}", re.ASCII)
"""Ids of runs and models, which MLflow makes. Anything else, in an address, would belong to another one."""
_MOST = 200
"""Runs and models that one request may name: each is asked for separately."""
_TRACES_AT_ONCE = 100


def experiments_of(asked: dict[str, list[str]]) -> dict[str, dict[str, int]]:
    """Return the experiment of each id in ``asked``, by kind (``run``, ``model``, ``trace``); not for unknown ids, nor
    those after the first unknown one: no one may do anything to them all."""
    runs, models, traces = (asked.get(kind, []) for kind in ("run", "model", "trace"))
    if len(runs) + len(models) > _MOST:
        raise InvalidParameterValue(f"Of an attached MLflow server a request names at most {_MOST} runs and models.")
    found: dict[str, dict[str, int]] = {"run": dict(_runs(runs)), "model": {}, "trace": {}}
    if len(found["run"]) == len(set(runs)):
        found |= {"model": dict(_models(models)), "trace": dict(_traces(traces))}
    return found


def _runs(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for key in ids:
        info = _info(f"{API}/runs/get", {"run_id": key}, "run") if _ID.fullmatch(key) else {}
        if info.get("run_id") != key:
            return
        yield key, int(info["experiment_id"])


def _models(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for key in ids:
        info = _info(f"{API}/logged-models/{key}", {}, "model") if _ID.fullmatch(key) else {}
        if info.get("model_id") != key:
            return
        yield key, int(info["experiment_id"])


def _info(path: str, params: dict[str, str], name: str) -> dict[str, str]:
    try:
        info: dict[str, str] = call("GET", path, params)[name]["info"]
    except DoesNotExist:
        return {}
    return info


def _traces(ids: Sequence[str]) -> Iterator[tuple[str, int]]:
    for start in range(0, len(ids), _TRACES_AT_ONCE):
        some = {"trace_ids": ids[start : start + _TRACES_AT_ONCE]}
        for info in call("POST", f"{API_3}/traces/batchGetInfos", some).get("trace_infos", ()):
            yield info["trace_id"], int(info["trace_location"]["mlflow_experiment"]["experiment_id"])
