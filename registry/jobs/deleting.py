"""Removing the bytes of versions that have been deleted."""

import logging

from registry.exceptions import StorageUnavailable
from registry.models import DeletionHold, Job, reason_of
from registry.services.artifacts.lending import inbox_of
from registry.storage import artifact_store, lender

logger = logging.getLogger(__name__)


def delete_artifacts(job: Job) -> None:
    """Remove everything at the job's location. What cannot be removed now is tried again until it is gone.

    Repeating it is harmless. While a backup reads it is left for later: a version that the backup names was deleted
    after its hold began, so its job always sees the hold.
    """
    if DeletionHold.is_held():
        job.put_back()
        return
    try:
        lender(job.storage_location).close_inbox(inbox_of(job.storage_location))
        artifact_store(job.storage_location).delete(job.storage_location)
    except (OSError, StorageUnavailable) as error:
        logger.warning("%s cannot be removed yet (%s): it is tried again.", job.storage_location, reason_of(error))
        job.put_back()
        return
    with job.running():
        pass  # it is done
