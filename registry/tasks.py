"""The envelope between Celery and the jobs: one task, which runs a job."""

import logging

from celery import shared_task
from django.utils import timezone

from registry import queue, storage
from registry.jobs import HANDLERS
from registry.models import Job, JobLost

logger = logging.getLogger(__name__)


@shared_task(name=queue.RUN_JOB)
def run_job(key: str) -> None:
    """Run the job with that key, unless someone else has it; how it ended is in its row."""
    names = "registered_model__schema__catalog"
    jobs = Job.objects.select_related(f"source__{names}", f"target__{names}", "created_by")
    job = jobs.filter(pk=key).first()
    if job is None or not job.take():
        return
    try:
        HANDLERS[job.kind](job)
    except JobLost:
        logger.warning("Job %s went to another worker.", key)
    except Exception:
        logger.exception("Job %s failed.", key)


def delete_where_full() -> None:
    """Remove what has been deleted, here and now, while the disk is full: a broker on that disk takes no message."""
    if storage.is_full():
        for job in Job.objects.due(timezone.now()).filter(kind=Job.Kind.DELETE_ARTIFACTS):
            run_job(str(job.pk))
