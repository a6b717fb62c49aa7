"""Which parts of MLflow's tracking API are served, one line a call: what it needs, and where its ids are.

Pure data: our door reads it to check a request, and MLflow's process to offer nothing else. What is not here is
ENDPOINT_NOT_FOUND (gateway, jobs, scorers, webhooks, prompts, review queues, evaluation datasets, workspaces, GraphQL).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Need(StrEnum):
    """What a call does to the experiments of the ids in it."""

    READ = "read"
    EDIT = "edit"
    MANAGE = "manage"


@dataclass(frozen=True)
class Route:
    """A call of MLflow's API.

    ``ids`` and ``read_ids`` name the fields with ids, lists flattened on the way (``models.model_id``): those whose
    experiments ``need`` is about, and those that are merely referred to. ``is_search``: experiments that are not for
    the caller are left out, as if there were none; otherwise the call is refused. ``is_new``: an id may be new.
    """

    method: str
    path: str
    need: Need
    ids: tuple[str, ...]
    read_ids: tuple[str, ...] = ()
    is_search: bool = False
    new_ids: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the address: ``tracking-runs-log-batch``."""
        words = "".join(sign if sign.isalnum() else "-" for sign in self.path.partition("/mlflow/")[2])
        version = "-v2" if self.path.startswith("api/2.0/mlflow/traces") else ""
        return "tracking-" + "-".join(filter(None, words.split("-"))) + version


def _v2(method: str, path: str, need: Need, *ids: str, **more: tuple[str, ...] | bool) -> Route:
    return Route(method, f"api/2.0/mlflow/{path}", need, ids, **more)  # type: ignore[arg-type]


def _v3(method: str, path: str, need: Need, *ids: str, **more: tuple[str, ...] | bool) -> Route:
    return Route(method, f"api/3.0/mlflow/{path}", need, ids, **more)  # type: ignore[arg-type]


_READ, _EDIT, _MANAGE = Need
_RUN = ("run_id", "run_uuid")
_LOCATION = "mlflow_experiment.experiment_id"

ROUTES: tuple[Route, ...] = (
    _v2("GET", "experiments/get", _READ, "experiment_id"),
    _v2("POST", "experiments/set-experiment-tag", _EDIT, "experiment_id"),
    _v2("POST", "experiments/delete-experiment-tag", _EDIT, "experiment_id"),
    _v2("POST", "runs/create", _EDIT, "experiment_id"),
    _v2("POST", "runs/update", _EDIT, *_RUN),
    _v2("POST", "runs/delete", _EDIT, *_RUN),
    _v2("POST", "runs/restore", _EDIT, *_RUN),
    _v2("GET", "runs/get", _READ, *_RUN),
    _v2("POST", "runs/search", _READ, "experiment_ids", is_search=True),
    _v2("POST", "runs/log-metric", _EDIT, *_RUN, "model_id"),
    _v2("POST", "runs/log-parameter", _EDIT, *_RUN),
    _v2("POST", "runs/log-batch", _EDIT, *_RUN, "metrics.model_id"),
    _v2("POST", "runs/log-model", _EDIT, *_RUN),
    _v2("POST", "runs/log-inputs", _EDIT, *_RUN, read_ids=("models.model_id",)),
    _v2("POST", "runs/outputs", _EDIT, *_RUN, "models.model_id"),
    _v2("POST", "runs/set-tag", _EDIT, *_RUN),
    _v2("POST", "runs/delete-tag", _EDIT, *_RUN),
    _v2("GET", "metrics/get-history", _READ, *_RUN),
    _v2("GET", "metrics/get-history-bulk-interval", _READ, "run_ids"),
    _v2("POST", "logged-models", _EDIT, "experiment_id", read_ids=("source_run_id",)),
    _v2("POST", "logged-models/search", _READ, "experiment_ids", is_search=True),
    _v2("GET", "logged-models/<model_id>", _READ, "model_id"),
    _v2("PATCH", "logged-models/<model_id>", _EDIT, "model_id"),
    _v2("DELETE", "logged-models/<model_id>", _EDIT, "model_id"),
    _v2("PATCH", "logged-models/<model_id>/tags", _EDIT, "model_id"),
    _v2("DELETE", "logged-models/<model_id>/tags/<tag_key>", _EDIT, "model_id"),
    _v2("POST", "logged-models/<model_id>/params", _EDIT, "model_id"),
    _v2("POST", "traces", _EDIT, "experiment_id"),
    _v2("GET", "traces", _READ, "experiment_ids", is_search=True),
    _v2("PATCH", "traces/<request_id>", _EDIT, "request_id"),
    _v2("GET", "traces/<request_id>/info", _READ, "request_id"),
    _v2("PATCH", "traces/<request_id>/tags", _EDIT, "request_id"),
    _v2("DELETE", "traces/<request_id>/tags", _EDIT, "request_id"),
    _v2("POST", "traces/delete-traces", _EDIT, "experiment_id", "request_ids"),
    _v2("POST", "traces/link-to-run", _EDIT, *_RUN, read_ids=("trace_ids",)),
    _v3(
        "POST", "traces", _EDIT, f"trace.trace_info.trace_location.{_LOCATION}", new_ids=("trace.trace_info.trace_id",)
    ),
    _v3("GET", "traces/get", _READ, "trace_id"),
    _v3("GET", "traces/batchGet", _READ, "trace_ids"),
    _v3("POST", "traces/batchGetInfos", _READ, "trace_ids"),
    _v3("POST", "traces/search", _READ, f"locations.{_LOCATION}", is_search=True),
    _v3("POST", "traces/delete-traces", _EDIT, "experiment_id", "request_ids"),
    _v3("POST", "traces/metrics", _READ, "experiment_ids"),
    _v3("POST", "traces/calculate-filter-correlation", _READ, "experiment_ids"),
    _v3("GET", "traces/<trace_id>", _READ, "trace_id"),
    _v3("PATCH", "traces/<trace_id>/tags", _EDIT, "trace_id"),
    _v3("DELETE", "traces/<trace_id>/tags", _EDIT, "trace_id"),
    _v3("POST", "traces/<trace_id>/assessments", _EDIT, "trace_id"),
    _v3("GET", "traces/<trace_id>/assessments/<assessment_id>", _READ, "trace_id"),
    _v3("PATCH", "traces/<trace_id>/assessments/<assessment_id>", _EDIT, "trace_id"),
    _v3("DELETE", "traces/<trace_id>/assessments/<assessment_id>", _EDIT, "trace_id"),
)
"""What is forwarded as it is, once its ids are checked."""

OWN_ROUTES = (
    ("GET", "api/2.0/mlflow/experiments/get-by-name"),
    ("POST", "api/2.0/mlflow/experiments/create"),
    ("POST", "api/2.0/mlflow/experiments/search"),
    ("POST", "api/2.0/mlflow/experiments/update"),
    ("POST", "api/2.0/mlflow/experiments/delete"),
    ("POST", "api/2.0/mlflow/experiments/restore"),
)
"""What the services of experiments ask: the experiment is a securable of ours next to MLflow's row."""
