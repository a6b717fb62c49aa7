"""Events of experiments. What is logged to their runs isn't one: that is what the runs are."""

from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.recording import record
from registry.models import Experiment


def created(actor: Actor, experiment: Experiment) -> None:
    record(actor, Action.CREATE_EXPERIMENT, experiment, **_named(experiment))


def renamed(actor: Actor, experiment: Experiment, old_name: str) -> None:
    record(actor, Action.RENAME_EXPERIMENT, experiment, **_named(experiment), old_name=old_name)


def handed_over(actor: Actor, experiment: Experiment, owner: str) -> None:
    record(actor, Action.UPDATE_EXPERIMENT, experiment, **_named(experiment), owner=owner)


def deleted(actor: Actor, experiment: Experiment) -> None:
    record(actor, Action.DELETE_EXPERIMENT, experiment, **_named(experiment))


def removed(actor: Actor, experiment: Experiment) -> None:
    record(actor, Action.REMOVE_EXPERIMENT, experiment, **_named(experiment))


def restored(actor: Actor, experiment: Experiment) -> None:
    record(actor, Action.RESTORE_EXPERIMENT, experiment, **_named(experiment))


def _named(experiment: Experiment) -> dict[str, str]:
    return {"experiment_id": str(experiment.experiment_id), "name": experiment.name}
