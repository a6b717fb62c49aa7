"""The door to MLflow's store: every id in a request is checked, and then the request goes through as it is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any
from urllib.parse import quote

from django.db.models import QuerySet
from django.utils.module_loading import import_string

from registry import authorization
from registry.actor import Actor
from registry.attached import is_attached
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import Experiment
from registry.tracking import ranges, wire
from registry.tracking.answers import Answer
from registry.tracking.attached.guarding import require_harmless
from registry.tracking.belonging import experiments_of
from registry.tracking.ids import Id, ids_in, keep_experiments
from registry.tracking.names import EXPERIMENT, RUN
from registry.tracking.routes import Need, Route

_OPERATIONS = {
    Need.READ: Operation.READ_EXPERIMENT,
    Need.EDIT: Operation.EDIT_EXPERIMENT,
    Need.MANAGE: Operation.MANAGE_EXPERIMENT,
}
DEFAULT_EXPERIMENT = "0"
USER_TAG = "mlflow.user"
_TRACE_IDS_OF = "registry.tracking.attached.spans.trace_ids_of"
_NOTHING = Answer(200, b"{}")
_WORDS: dict[str, Callable[[str], str]] = {
    "experiment": lambda key: f"No Experiment with id={key} exists",
    "run": lambda key: f"Run with id={key} not found",
    "model": lambda key: f"Logged model with ID '{key}' not found.",
    "trace": lambda key: f"Trace with ID '{key}' not found.",
}
"""How MLflow reports that there is none."""


def pass_on(*, actor: Actor, route: Route, path: str, params: dict[str, Any]) -> Answer:
    """Forward a request, if ``actor`` may do what it does to every experiment concerned. ``path`` is the route's,
    filled in; ``params`` also hold what is in it."""
    if route.path.endswith("runs/create"):
        _complete_run(actor, params)
    if is_attached():
        require_harmless(route.path, params)
    ids = ids_in(params, route.ids)
    if route.is_search:
        ids = _visible(actor, ids)
        if not ids:
            return _NOTHING
        keep_experiments(params, route, {key for _, key in ids})
    elif not ids:
        raise InvalidParameterValue(f"{route.ids[0].rpartition('.')[2]} is missing.")
    concerned = require(actor, _OPERATIONS[route.need], ids)
    concerned |= require(actor, Operation.READ_EXPERIMENT, ids_in(params, route.read_ids))
    _require_here(concerned, ids_in(params, route.new_ids))
    return _send(route, path, params, concerned)


def take_spans(*, actor: Actor, ids: dict[str, str], body: bytes) -> Answer:
    """Forward spans for the experiment, and perhaps the run, that ``ids`` name."""
    experiment = ids_in(ids, ("experiment_id",))
    if not experiment:
        raise InvalidParameterValue("The header X-MLflow-Experiment-Id is missing.")
    concerned = require(actor, Operation.EDIT_EXPERIMENT, [*experiment, *ids_in(ids, ("run_id",))])
    if is_attached():
        _require_here(concerned, [("trace", key) for key in import_string(_TRACE_IDS_OF)(body)])
    named = {EXPERIMENT: ids["experiment_id"], RUN: ids["run_id"]}
    sent = {name: value for name, value in named.items() if value} | {"Content-Type": "application/x-protobuf"}
    return wire.ask("POST", "v1/traces", scope=ranges.write(concerned), raw=body, headers=sent)


def require(actor: Actor, operation: Operation, ids: Collection[Id]) -> set[int]:
    """Raise unless ``actor`` may perform ``operation`` on the experiments of all ``ids``; return those experiments."""
    experiments = _experiments_of(ids)
    rows = Experiment.objects.filter(experiment_id__in={key for key in experiments.values() if key is not None})
    allowed = _keys(authorization.permitted(actor, operation, rows))
    for (kind, key), experiment in experiments.items():
        if experiment not in allowed:
            _refuse(actor, operation, kind, key, experiment)
    return allowed


def _refuse(actor: Actor, operation: Operation, kind: str, key: str, experiment: int | None) -> None:
    row = Experiment.objects.filter(experiment_id=experiment).first() if experiment is not None else None
    try:
        if row is not None:
            authorization.require(actor, operation, row)
    except DoesNotExist as error:
        raise DoesNotExist(_WORDS[kind](key[:100])) from error
    raise DoesNotExist(_WORDS[kind](key[:100]))


def _require_here(experiments: set[int], ids: Collection[Id]) -> None:
    """Raise if one of ``ids``, which may be new, is there already and in another experiment: nothing moves."""
    for (kind, key), experiment in (experiments_of(ids) if ids else {}).items():
        if experiment not in experiments:
            raise DoesNotExist(_WORDS[kind](key[:100]))


def _experiments_of(ids: Collection[Id]) -> dict[Id, int | None]:
    others = [each for each in ids if each[0] != "experiment"]
    known = experiments_of(others) if others else {}
    return {each: _number(each[1]) if each[0] == "experiment" else known.get(each) for each in ids}


def _keys(rows: QuerySet[Experiment]) -> set[int]:
    return {key for key in rows.values_list("experiment_id", flat=True) if key is not None}


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _visible(actor: Actor, ids: Collection[Id]) -> list[Id]:
    """Return those of ``ids``, all of experiments, that ``actor`` may read."""
    numbers = {number: each for each in ids if (number := _number(each[1])) is not None}
    rows = Experiment.objects.filter(experiment_id__in=numbers)
    readable = authorization.permitted(actor, Operation.READ_EXPERIMENT, rows)
    return [numbers[key] for key in _keys(readable)]


def _complete_run(actor: Actor, params: dict[str, Any]) -> None:
    """Make a new run its caller's, whatever the client's operating system calls them; without an experiment it is in
    the default one."""
    if not ids_in(params, ("experiment_id",)):
        params["experiment_id"] = DEFAULT_EXPERIMENT
    others = [tag for tag in params.get("tags") or [] if not isinstance(tag, dict) or tag.get("key") != USER_TAG]
    params |= {"user_id": actor.name, "tags": [*others, {"key": USER_TAG, "value": actor.name}]}


def _send(route: Route, path: str, params: dict[str, Any], experiments: set[int]) -> Answer:
    scope, where = ranges.write(experiments), quote(path)  # what was decoded becomes a path again, and nothing else
    if route.method == "GET":
        return wire.ask("GET", where, scope=scope, query=params)
    return wire.ask(route.method, where, scope=scope, body=params)
