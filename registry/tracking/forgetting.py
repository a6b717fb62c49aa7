"""Forgetting an experiment: our row, with the grants on it."""

from __future__ import annotations

from django.db import transaction

from registry.actor import Actor
from registry.audit import experiments as events
from registry.models import Experiment, locks


def forget(row: Experiment, actor: Actor) -> None:
    """Remove the row of an experiment. Files of ours that it leaves behind belong to nothing, and are cleaned up."""
    with transaction.atomic():
        locks.share_principals()
        current = locks.going(row)
        events.removed(actor, current)
        current.artifact_roots.all().delete()
        current.delete()
