"""What the clock takes away: pending versions that no one has finalized."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from accounts.models import User
from registry import audit
from registry.actor import Actor
from registry.models import Job, ModelVersion, locks
from registry.services.artifacts import removal
from registry.services.shared import counters

_PENDING = ModelVersion.Status.PENDING_REGISTRATION
AT_ONCE = 100
"""Versions that one tick removes: the next one comes in seconds."""


def expire_abandoned_versions(before: datetime) -> None:
    """Delete pending versions, with their bytes, to which nothing has been written since ``before``.

    A client whose upload broke, or who repeated a create whose answer was lost, leaves them behind. What a job is
    filling is not abandoned.
    """
    filling = Job.objects.unfinished().filter(target=OuterRef("pk"))
    abandoned = ModelVersion.objects.filter(~Exists(filling), status=_PENDING, updated_at__lt=before)
    for pk in abandoned.values_list("pk", flat=True)[:AT_ONCE]:
        _expire(pk, before)


def _expire(pk: int, before: datetime) -> None:
    """Delete the version, unless it has been written to or finalized at this very moment."""
    clock = Actor(principal=User(user_name="system"), user_agent="tick")
    with transaction.atomic():
        locks.share_principals()
        still = ModelVersion.objects.filter(pk=pk, status=_PENDING, updated_at__lt=before)
        locks.going_versions(still)
        version = still.select_related("registered_model__schema__catalog").first()
        if version is not None:
            audit.aliases_lost(clock, version)
            audit.model_version_expired(clock, version)
            removal.delete_later(clock, ModelVersion.objects.filter(pk=pk))
            counters.remove_versions([version], by=clock.name)
            version.delete()
