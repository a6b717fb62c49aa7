"""The files of runs, logged models and traces: how each wire names them, and who may look."""

from __future__ import annotations

from uuid import UUID

from registry.actor import Actor
from registry.api.files.paths import Where
from registry.attached import is_attached
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, FileDoesNotExist
from registry.models import ArtifactRoot, Experiment
from registry.services.artifacts.trees import FileTree
from registry.tracking import door
from registry.tracking.attached.trees import AttachedTree
from registry.tracking.trees import RunTree

_KINDS = ArtifactRoot.Kind


class RunsPlace:
    """``/WorkspaceInternal/Mlflow/Artifacts/<experiment>/Runs/<run>/artifacts/…``: of MLflow's `databricks` client.

    Logged models are in ``LoggedModels/<model>/artifacts``, traces in ``Runs/traces/<trace>/artifacts``.
    """

    first = "WorkspaceInternal"

    def find(self, actor: Actor, segments: list[str]) -> Where:
        match segments[1:]:
            case ["Mlflow", "Artifacts", experiment, "Runs", "traces", key, "artifacts", *_]:
                kind, depth = _KINDS.TRACE, 8
            case ["Mlflow", "Artifacts", experiment, "Runs", key, "artifacts", *_]:
                kind, depth = _KINDS.RUN, 7
            case ["Mlflow", "Artifacts", experiment, "LoggedModels", key, "artifacts", *_]:
                kind, depth = _KINDS.MODEL, 7
            case _:
                raise FileDoesNotExist(f"There is no directory {'/'.join(segments)[:300]!r}.")
        tree = tree_in(actor, experiment, kind, key)
        return Where(tree, "/" + "/".join(segments[:depth]), "/".join(segments[depth:]))

    def by_uid(self, actor: Actor, uid: UUID) -> FileTree | None:
        root = ArtifactRoot.objects.filter(uid=uid).select_related("experiment").first()
        if root is None:
            return None
        return tree_in(actor, str(root.experiment.experiment_id), _KINDS(root.kind), root.key)


def proxied(actor: Actor, experiment: str, path: str) -> tuple[RunTree, str]:
    """Return the tree that a path of MLflow's artifact proxy leads to, below the experiment's, and the rest."""
    match path.split("/"):
        case ["models", key, "artifacts", *inside]:
            kind = _KINDS.MODEL
        case ["traces", key, "artifacts", *inside]:
            kind = _KINDS.TRACE
        case [key, "artifacts", *inside]:
            kind = _KINDS.RUN
        case _:
            raise FileDoesNotExist(f"There is no directory {path[:300]!r}.")
    return tree_in(actor, experiment, kind, key), "/".join(inside)


def tree_of(actor: Actor, kind: ArtifactRoot.Kind, key: str) -> RunTree:
    """Return the files of what is called ``key``, if ``actor`` may read it."""
    try:
        (number,) = door.require(actor, Operation.READ_EXPERIMENT, [(str(kind), key)])
    except DoesNotExist as error:
        raise FileDoesNotExist(error.message) from error
    tree = AttachedTree if is_attached() else RunTree
    return tree(actor, Experiment.objects.get(experiment_id=number), kind, key)


def tree_in(actor: Actor, experiment: str | int, kind: ArtifactRoot.Kind, key: str) -> RunTree:
    """Return the same where an address also names the ``experiment``: it has to be the right one."""
    tree = tree_of(actor, kind, key)
    if str(tree.experiment.experiment_id) != str(experiment):
        raise FileDoesNotExist(f"There is no {kind} {key[:100]!r} in experiment {str(experiment)[:20]}.")
    return tree
