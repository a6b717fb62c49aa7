"""Removing the bytes of versions that have been deleted."""

from registry.models import Job
from registry.storage import artifact_store


def delete_artifacts(job: Job) -> None:
    """Remove everything at the job's location. Repeating it is harmless."""
    with job.running():
        artifact_store(job.storage_location).delete(job.storage_location)
