"""Removing the bytes of versions that have been deleted."""

from registry.exceptions import InvalidState
from registry.models import DeletionHold, Job
from registry.services.artifacts import inbox_of
from registry.storage import artifact_store


def delete_artifacts(job: Job) -> None:
    """Remove everything at the job's location, or leave it for later while a backup reads. Repeating it is harmless."""
    # A version that the backup names was deleted after its hold began: its job always sees the hold.
    if DeletionHold.is_held():
        job.put_back()
        return
    with job.running():
        if job.is_given_up:
            raise InvalidState(f"Given up: {job.attempts - 1} workers died while they deleted.")
        store = artifact_store(job.storage_location)
        store.close_inbox(inbox_of(job.storage_location))
        store.delete(job.storage_location)
