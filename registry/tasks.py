"""The envelope between Celery and the jobs: one task, which runs a job."""

import logging
from collections.abc import Iterator

from celery import shared_task
from django.utils import timezone

from registry import queue, storage
from registry.jobs import HANDLERS
from registry.models import Job, JobLost
from registry.models.jobs import JobQuerySet
from registry.services.trash import entries

_TRIED = 5
"""Jobs that are tried: others may take the first ones at the same moment."""

logger = logging.getLogger(__name__)


@shared_task(name=queue.RUN_JOB)
def run_job(key: str) -> None:
    """Run the job with that key, unless someone else has it; how it ended is in its row."""
    names = "registered_model__schema__catalog"
    jobs = Job.objects.select_related(f"source__{names}", f"target__{names}", "created_by")
    asked = jobs.filter(pk=key).first()
    job = next((each for each in _whose_turn_it_is(jobs, asked) if each.take()), None) if asked is not None else None
    if job is None:
        return
    try:
        HANDLERS[job.kind](job)
    except JobLost:
        logger.warning("Job %s went to another worker.", job.pk)
    except Exception:
        logger.exception("Job %s failed.", job.pk)


def _whose_turn_it_is(jobs: JobQuerySet, job: Job) -> Iterator[Job]:
    """Yield the jobs to try when the message of ``job`` has come. Of those that move many bytes it need not be that
    one: there is a message for each, and users who start a hundred at once let others go first."""
    if job.kind not in Job.FILLING or job.queue != Job.Queue.BYTES:
        yield job
        return
    if job.state == Job.State.RUNNING:  # its worker may be dead
        yield job
    yield from jobs.fairest()[:_TRIED]


def delete_where_full() -> None:
    """Remove what has been deleted, here and now, while the disk is full: a broker on that disk takes no message.

    What has been in the trash for longest makes room, too.
    """
    if storage.is_full():
        if not Job.objects.unfinished().filter(kind=Job.Kind.DELETE_ARTIFACTS).exists():
            entries.end_oldest()
        for job in Job.objects.due(timezone.now()).filter(kind=Job.Kind.DELETE_ARTIFACTS):
            run_job(str(job.pk))
