"""Runs that were deleted, after a while: their rows go in MLflow's process, and then their files here.

Files are removed once MLflow has nothing that they belong to. Where a process dies in between, the next round
finds them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from registry import queue
from registry.actor import Actor
from registry.attached import is_attached
from registry.models import ArtifactRoot, Experiment, Job
from registry.tracking import wire
from registry.tracking.forgetting import forget

_CLOCK = "system"
_AT_ONCE, _ASKED_AT_ONCE = 20, 500
"""Runs that are removed, and roots that are asked about, in one request."""
_NEW = timedelta(hours=1)
"""Younger files may belong to something that is being created."""


def remove_deleted() -> None:
    """Remove what was deleted longer ago than KEEP_DELETED_RUNS_DAYS, and the files of what no longer exists.

    An attached server keeps what was deleted until its own `mlflow gc`.
    """
    if not settings.KEEPS_RUNS or is_attached():
        return
    before = timezone.now() - settings.DELETED_RUNS_KEPT_FOR
    while any(_collect(before).values()):
        pass  # this many at once, and again
    deleted = Experiment.objects.filter(is_deleted=True, updated_at__lt=before, experiment_id__gt=0)
    gone = {row.pk for row in deleted if _collect(before, row.experiment_id)["experiments"]}
    _remove_files(timezone.now() - _NEW, gone)
    for row in Experiment.objects.filter(pk__in=gone, artifact_roots=None):
        forget(row, Actor.at_the_machine("tick"))


def _collect(before: datetime, *experiments: int | None) -> dict[str, int]:
    """Let MLflow's process remove what was deleted before then, and ``experiments``; return how much it did."""
    body = {"before": int(before.timestamp() * 1000), "most": _AT_ONCE, "experiments": experiments}
    return wire.ask("POST", "collect", scope="*", body=body).told()


def _remove_files(before: datetime, gone: set[int]) -> None:
    """Queue the removal of every root from ``before`` that no longer belongs to anything.

    Its experiment has to be there, or one of ``gone``: if MLflow's tables are lost, the files stay.
    """
    roots = ArtifactRoot.objects.filter(created_at__lt=before).select_related("experiment").order_by("pk")
    last = 0
    while batch := list(roots.filter(pk__gt=last)[:_ASKED_AT_ONCE]):
        last = batch[-1].pk
        known = _known(batch)
        for root in batch:
            has_experiment = root.experiment_id in gone or str(root.experiment.experiment_id) in known["experiment"]
            if has_experiment and root.key not in known[root.kind]:
                _remove(root)


def _known(roots: Sequence[ArtifactRoot]) -> dict[str, dict[str, int]]:
    """Ask which experiments, runs, models and traces of ``roots`` MLflow's process knows."""
    asked: dict[str, list[str | int | None]] = {"experiment": [root.experiment.experiment_id for root in roots]}
    for root in roots:
        asked.setdefault(root.kind, []).append(root.key)
    return wire.ask("POST", "belonging", scope="*", body=asked).told()


def _remove(root: ArtifactRoot) -> None:
    with transaction.atomic():
        deleted, _ = ArtifactRoot.objects.filter(pk=root.pk).delete()
        if not deleted:
            return  # another process has done it
        job = Job.objects.create(
            kind=Job.Kind.DELETE_ARTIFACTS, requested_by=_CLOCK, title=f"Delete the files of the {root}"[:2000],
            storage_location=root.storage_location,
        )  # fmt: skip
        queue.enqueue(job)
