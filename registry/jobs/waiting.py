"""Jobs that wait for what is away: a store, another server."""

from datetime import timedelta

from django.utils import timezone

from registry.exceptions import StorageUnavailable
from registry.models import Job, JobLost

PATIENCE = timedelta(days=1)
"""For how long a job waits."""


def wait(job: Job, error: StorageUnavailable) -> None:
    """Put the job back, to go on when it is sent again, and raise JobLost; return once it has waited long enough."""
    if timezone.now() - job.created_at <= PATIENCE:
        job.put_back(f"Waiting: {error.message}")
        raise JobLost(str(job.pk)) from error
