"""What people change about runs in the browser. Clients do it with MLflow's own calls."""

from __future__ import annotations

from collections.abc import Iterable

from registry.actor import Actor
from registry.attached import is_attached
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.tracking import door, wire
from registry.tracking.calls import call
from registry.tracking.runs import NOTE

_OWN = "mlflow."


def rename_run(*, actor: Actor, run_id: str, name: str) -> None:
    """Give a run another name."""
    call("POST", "runs/update", actor=actor, run_id=run_id, run_name=name)


def describe_run(*, actor: Actor, run_id: str, text: str) -> None:
    """Describe a run, in Markdown."""
    call("POST", "runs/set-tag", actor=actor, run_id=run_id, key=NOTE, value=text)


def describe_experiment(*, actor: Actor, experiment_id: int, text: str) -> None:
    """Describe an experiment, in Markdown."""
    call("POST", "experiments/set-experiment-tag", actor=actor, experiment_id=str(experiment_id), key=NOTE, value=text)


def tag_runs(*, actor: Actor, run_ids: Iterable[str], key: str, value: str) -> None:
    """Give each of several runs a tag; what is done stays if a later one is refused."""
    _require_free(key)
    for run_id in run_ids:
        call("POST", "runs/set-tag", actor=actor, run_id=run_id, key=key, value=value)


def delete_tag(*, actor: Actor, run_id: str, key: str) -> None:
    """Remove a tag from a run."""
    _require_free(key)
    call("POST", "runs/delete-tag", actor=actor, run_id=run_id, key=key)


def delete_runs(*, actor: Actor, run_ids: Iterable[str]) -> None:
    """Mark runs as deleted; ``restore_runs`` undoes it."""
    for run_id in run_ids:
        call("POST", "runs/delete", actor=actor, run_id=run_id)


def delete_runs_until(*, actor: Actor, experiment_id: int, until: int, most: int) -> int:
    """Delete the first ``most`` runs that began at ``until`` (milliseconds since 1970) or before; return how many."""
    door.require(actor, Operation.EDIT_EXPERIMENT, [("experiment", str(experiment_id))])
    answer = call(
        "POST", "runs/search", actor=actor, experiment_ids=[str(experiment_id)],
        filter=f"attributes.start_time <= {until}", order_by=["attributes.start_time ASC"], max_results=most,
    )  # fmt: skip
    run_ids = [run["info"]["run_id"] for run in answer.get("runs", ())]
    delete_runs(actor=actor, run_ids=run_ids)
    return len(run_ids)


def restore_runs_since(*, actor: Actor, experiment_id: int, since: int, most: int) -> int:
    """Restore the first ``most`` runs that were deleted at ``since`` (milliseconds since 1970) or later; return how
    many."""
    door.require(actor, Operation.EDIT_EXPERIMENT, [("experiment", str(experiment_id))])
    if is_attached():
        raise InvalidParameterValue("The MLflow server that keeps runs doesn't report when they were deleted.")
    body = {"experiment": experiment_id, "since": since, "most": most}
    run_ids = wire.ask("POST", "deleted", scope=str(experiment_id), body=body).told()["runs"]
    restore_runs(actor=actor, run_ids=run_ids)
    return len(run_ids)


def restore_runs(*, actor: Actor, run_ids: Iterable[str]) -> None:
    """Undo the deletion of runs."""
    for run_id in run_ids:
        call("POST", "runs/restore", actor=actor, run_id=run_id)


def _require_free(key: str) -> None:
    if key.startswith(_OWN):
        raise InvalidParameterValue(f"Tags that begin with {_OWN} are MLflow's own: {key[:100]!r} is not changed here.")
