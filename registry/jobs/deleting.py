"""Removing the bytes of versions that have been deleted."""

from registry.exceptions import InvalidState
from registry.models import Job
from registry.services.artifacts import inbox_of
from registry.storage import artifact_store


def delete_artifacts(job: Job) -> None:
    """Remove everything at the job's location. Repeating it is harmless."""
    with job.running():
        if job.is_given_up:
            raise InvalidState(f"Given up: {job.attempts - 1} workers died while they deleted.")
        store = artifact_store(job.storage_location)
        store.close_inbox(inbox_of(job.storage_location))
        store.delete(job.storage_location)
