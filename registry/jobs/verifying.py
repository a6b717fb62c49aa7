"""Reading what the storage keeps, version by version, so that damage is found before someone needs the file.

What no version owns is taken away: folders that a crash or a failed deletion has left behind.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet
from django.utils import timezone

from registry import queue
from registry.exceptions import StorageUnavailable
from registry.models import Job, ModelVersion
from registry.services.administration import integrity
from registry.services.artifacts import damages, inventory
from registry.storage import artifact_store

EVERY = timedelta(days=30)
"""The age of a version, or of its last verification, from which on it is verified."""
BYTES_AT_ONCE = 20 * 1024**3
"""Bytes after which a run ends; the next one goes on."""
ORPHANED_FOR = timedelta(days=1)
"""How long a folder has to be without an owner before it is taken away."""
SYSTEM = "system"

logger = logging.getLogger(__name__)


def ask_for_verification() -> None:
    """Queue a run, if there is something to verify and no run is waiting or going on."""
    if Job.objects.unfinished().filter(kind=Job.Kind.VERIFY_ARTIFACTS).exists() or not _due(timezone.now()).exists():
        return
    queue.enqueue(Job.objects.create(kind=Job.Kind.VERIFY_ARTIFACTS, requested_by=SYSTEM, title="Verify artifacts"))


def verify_artifacts(job: Job) -> None:
    """Compare the files of versions with their rows, those first that have waited longest; note what is damaged."""
    with job.running():
        read = 0
        for version in _due(job.created_at).iterator(chunk_size=100):
            try:
                findings = [(finding.path, finding.detail) for finding in integrity.holes(version)]
                if not findings:
                    inventory.count_unknown(version)
            except StorageUnavailable as error:  # another store may answer
                logger.warning("%s cannot be verified now: %s", version, error.message)
                continue
            damages.replace(version, findings)
            for path, detail in findings:
                logger.error("%s, %s: %s.", version, path or "as a whole", detail)
            read += version.size or 0
            job.advance(version.size or 0)
            if read >= BYTES_AT_ONCE:
                return


def sweep_orphans() -> int:
    """Queue the removal of every folder that no version has owned for a day, and return how many there were."""
    swept = 0
    for location in integrity.orphans():
        if artifact_store(location).stat(location, "").modified_at < timezone.now() - ORPHANED_FOR:
            logger.warning("%s belongs to no version and is taken away.", location)
            job = Job.objects.create(
                kind=Job.Kind.DELETE_ARTIFACTS, requested_by=SYSTEM, title="Delete what no version owns",
                storage_location=location,
            )  # fmt: skip
            queue.enqueue(job)
            swept += 1
    return swept


def _due(now: datetime) -> QuerySet[ModelVersion]:
    # What is new was counted while it arrived.
    waiting = Q(verified_at=None, created_at__lt=now - EVERY) | Q(verified_at__lt=now - EVERY)
    ready = ModelVersion.objects.filter(waiting, status=ModelVersion.Status.READY)
    return ready.select_related("registered_model__schema__catalog").order_by(
        F("verified_at").asc(nulls_first=True), "pk"
    )
