"""The envelope between Celery and the jobs: one task that runs a job, one tick that sends what is due."""

import logging
from datetime import datetime, timedelta
from functools import partial

from celery import shared_task
from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Session
from registry import queue
from registry.jobs import HANDLERS, mailing
from registry.jobs.expiring import expire_abandoned_versions
from registry.jobs.sealing import seal_events
from registry.models import Job, JobLost, StatementResult
from registry.services import watching
from registry.storage import discard_abandoned, discard_lent, room

ABANDONED = timedelta(days=1)
"""The age at which an upload that never ended is swept away: its worker was killed."""

logger = logging.getLogger(__name__)


@shared_task(name=queue.RUN_JOB)
def run_job(key: str) -> None:
    """Run the job with that key, unless somebody else has it; how it ended stands in its row."""
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


@shared_task(name="registry.gather_statistics")
def gather_statistics() -> None:
    """Tell SQLite how its tables have grown: without that it sorts what it could read in order."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=1000")
            cursor.execute("ANALYZE")


@shared_task(name="registry.send_mail")
def send_mail() -> None:
    """Send the notifications that wait for it."""
    mailing.send_mail()


@shared_task(name="registry.tick")
def tick() -> None:
    """Seal what has happened and tell who watches it, send again what is queued or left behind, take away what expired.

    Each for itself: what goes wrong with one must not stop the others.
    """
    now = timezone.now()
    steps = (
        partial(room.keep_reserve, settings.ARTIFACT_ROOT),  # first: the others may need what it gives up
        partial(seal_events, watching.tell_watchers),
        partial(_send_again, now),
        partial(_take_away, now),
    )
    for step in steps:
        try:
            step()
        except Exception:
            logger.exception("A step of the tick failed.")


def _send_again(now: datetime) -> None:
    for job in Job.objects.due(now):
        if Job.objects.filter(pk=job.pk, enqueued_at=job.enqueued_at).update(enqueued_at=now) == 1:
            queue.enqueue(job)


def _take_away(now: datetime) -> None:
    expire_abandoned_versions(now - settings.PENDING_VERSION_LIFETIME)
    Session.objects.filter(expire_date__lt=now).delete()
    StatementResult.objects.filter(created_at__lt=now - StatementResult.KEPT_FOR).delete()
    discard_abandoned(now - ABANDONED)
    discard_lent(now - settings.SIGNED_URL_LIFETIME)
