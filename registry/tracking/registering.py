"""*Register model*: from a run, or from a model that it has logged, to a version with params, metrics and lineage."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from registry import limits
from registry.actor import Actor
from registry.attached import is_attached
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import ArtifactRoot, Experiment, Job, RegisteredModel
from registry.names import FullName
from registry.services.artifacts.sources import LoggedFiles
from registry.services.hierarchy.model_versions import Origin
from registry.services.versions import registrations
from registry.tracking import run_lists, runs
from registry.tracking.attached.trees import open_root
from registry.tracking.lineage import sources_of
from registry.tracking.runs import LoggedModel, Metric, Run

_KINDS = ArtifactRoot.Kind
_SOURCES = (
    re.compile(r"models:/(?P<model>m-[0-9A-Za-z_-]{1,98})/?"),
    re.compile(r"runs:/(?P<run>[^/]+)/(?P<path>.+)"),
    re.compile(r"mlflow-artifacts:/(?P<experiment>\d+)/models/(?P<model>[^/]+)/artifacts/?"),
    re.compile(r"mlflow-artifacts:/(?P<experiment>\d+)/(?P<run>[^/]+)/artifacts/(?P<path>.+)"),
    re.compile(r"dbfs:/databricks/mlflow-tracking/(?P<experiment>\d+)/logged_models/(?P<model>[^/]+)/artifacts/?"),
    re.compile(r"dbfs:/databricks/mlflow-tracking/(?P<experiment>\d+)/(?P<run>[^/]+)/artifacts/(?P<path>.+)"),
)
"""How clients name what a run has logged: by its id, or by the location that they got for its files."""


_PAGES = 40
"""Pages of the models of a run, the newest first, among which one is found by its name."""


@dataclass(frozen=True)
class Logged:
    """A model that was logged: its files, and the run and the logged model that describe them, if any."""

    files: LoggedFiles
    source: str
    run: Run | None = None
    model: LoggedModel | None = None


def names_something_logged(source: str) -> bool:
    """Return whether ``source`` may name something that a run of this server has logged."""
    return any(pattern.fullmatch(source) for pattern in _SOURCES)


def find_logged(*, actor: Actor, source: str) -> Logged:
    """Return the model that ``source`` names: ``models:/<model id>``, ``runs:/<run id>/<path or name>``, or the address
    of its files. DoesNotExist if ``actor`` can't see it."""
    match = next(filter(None, (pattern.fullmatch(source) for pattern in _SOURCES)), None)
    if match is None:
        raise InvalidParameterValue(f"{source[:200]!r} names no run and no logged model.")
    names = match.groupdict(default="")
    if model_id := names.get("model"):
        logged = _logged_model(actor, runs.get_logged_model(actor=actor, model_id=model_id), source)
    else:
        logged = _in_run(actor, runs.get_run(actor=actor, run_id=names["run"]), names["path"].strip("/"), source)
    if names.get("experiment", "") not in ("", str(logged.files.root.experiment.experiment_id)):
        raise DoesNotExist(f"There is nothing at {source[:200]!r}.")
    return logged


def choices_of(*, actor: Actor, run: Run) -> list[tuple[str, str]]:
    """Return the models that a run has logged: their sources, and what people call them, the last one first."""
    models = run_lists.search_models(actor=actor, experiment_id=run.experiment_id, run_id=run.run_id).items
    choices = [(f"models:/{model.model_id}", f"{model.name} ({model.model_id})") for model in models]
    root = _root(run.experiment_id, _KINDS.RUN, run.run_id)
    files = LoggedFiles(root).files() if root else ()
    folders = [file.path.removesuffix("/MLmodel") for file in files if file.path.endswith("/MLmodel")]
    return choices + [(f"runs:/{run.run_id}/{folder}", folder) for folder in folders]


def register(
    *,
    actor: Actor,
    logged: Logged,
    destination: RegisteredModel | FullName,
    comment: str = "",
    version_tags: Mapping[str, str] | None = None,
    run_link: str = "",
) -> Job:
    """Start registering ``logged`` as the next version of ``destination``, which is created if it is not there."""
    run, model = logged.run, logged.model
    return registrations.register_files(
        actor=actor,
        files=logged.files,
        destination=destination,
        origin=Origin(
            source=logged.source,
            run_id=run.run_id if run else "",
            run_link=run_link,
            model_id=model.model_id if model else "",
            params=_params(run, model),
            metrics=_metrics(run, model),
        ),
        comment=comment,
        version_tags=version_tags,
        read_from=sources_of(run) if run else (),
    )


def _in_run(actor: Actor, run: Run, path: str, source: str) -> Logged:
    """What is at ``path`` of a run; if nothing is, the model of that name that the run has logged last."""
    root = _root(run.experiment_id, _KINDS.RUN, run.run_id)
    if root is not None and LoggedFiles(root, path).has_model():
        return Logged(LoggedFiles(root, path), source, run)
    token = ""
    for _ in range(_PAGES):
        models = run_lists.search_models(actor=actor, experiment_id=run.experiment_id, run_id=run.run_id, token=token)
        for model in models.items:
            if model.name == path:
                return _logged_model(actor, model, source)
        if not (token := models.next_token):
            break
    raise DoesNotExist(f"The run {run.run_id} has logged no model {path[:200]!r}.")


def _logged_model(actor: Actor, model: LoggedModel, source: str) -> Logged:
    root = _root(model.experiment_id, _KINDS.MODEL, model.model_id)
    if root is None:
        raise DoesNotExist(f"The logged model {model.model_id} has no files.")
    return Logged(LoggedFiles(root), source, _source_run(actor, model), model)


def _source_run(actor: Actor, model: LoggedModel) -> Run | None:
    """The run that has logged ``model``, if it is still there and ``actor`` may read it."""
    try:
        return runs.get_run(actor=actor, run_id=model.source_run_id) if model.source_run_id else None
    except DoesNotExist:
        return None


def _root(experiment_id: int, kind: ArtifactRoot.Kind, key: str) -> ArtifactRoot | None:
    if is_attached():
        return open_root(Experiment.objects.get(experiment_id=experiment_id), kind, key)
    roots = ArtifactRoot.objects.select_related("experiment")
    return roots.filter(experiment__experiment_id=experiment_id, kind=kind, key=key).first()


def _params(run: Run | None, model: LoggedModel | None) -> list[dict[str, Any]]:
    """The params of the model, and those of its run that it doesn't have."""
    params = {**(run.params if run else {}), **(model.params if model else {})}
    return _fitting(({"name": name, "value": value} for name, value in params.items()), limits.PARAMS_PER_VERSION)


def _metrics(run: Run | None, model: LoggedModel | None) -> list[dict[str, Any]]:
    """The metrics of the model, and those of its run that it doesn't have; only numbers that JSON can express.

    MLflow gives a model what its run had at the step of the model, which is 0 where no one named one: such a model
    is the run's last word, and has what the run had last.
    """
    is_last = run is not None and (model is None or not dict(run.models).get(model.model_id))
    own = () if is_last or model is None else model.metrics
    names = {metric.key for metric in own}
    others = [metric for metric in (run.metrics.values() if run else ()) if metric.key not in names]
    of_datasets = [metric for metric in (model.metrics if model and is_last else ()) if metric.dataset_name]
    finite = [metric for metric in (*own, *of_datasets, *others) if math.isfinite(metric.value)]
    return _fitting(map(_metric, finite), limits.METRICS_PER_VERSION)


def _metric(metric: Metric) -> dict[str, Any]:
    values = {
        "key": metric.key, "value": metric.value, "timestamp": metric.timestamp, "step": metric.step,
        "dataset_name": metric.dataset_name, "dataset_digest": metric.dataset_digest,
    }  # fmt: skip
    return {name: value for name, value in values.items() if value not in ("", None)}


def _fitting(items: Iterable[dict[str, Any]], most: int) -> list[dict[str, Any]]:
    """The first of ``items``, as many as a version keeps."""
    kept: list[dict[str, Any]] = []
    length = 0
    for item in islice(items, most):
        length += len(orjson.dumps(item)) + 2
        if length > limits.VERSION_DETAILS_LENGTH:
            break
        kept.append(item)
    return kept
