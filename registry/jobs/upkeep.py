"""What is due by time and has no module of its own: jobs sent again, and what is kept for a while and no longer."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from accounts.models import Session, Throttle
from registry import queue
from registry.exceptions import StorageUnavailable
from registry.jobs.expiring import expire_abandoned_versions
from registry.models import Job, StatementResult
from registry.services.shared import placement
from registry.storage import discard_abandoned, discard_lent

logger = logging.getLogger(__name__)

ABANDONED = timedelta(days=1)
"""The age at which an upload that never ended is swept away: its worker was killed."""


def send_again() -> None:
    """Send jobs to the workers whose message, or whose worker, was lost; none while the broker is not asked."""
    now = timezone.now()
    for job in Job.objects.due(now):
        if queue.is_paused():
            return
        if Job.objects.filter(pk=job.pk, enqueued_at=job.enqueued_at).update(enqueued_at=now) == 1:
            queue.enqueue(job)


def expire_versions() -> None:
    expire_abandoned_versions(timezone.now() - settings.PENDING_VERSION_LIFETIME)


def remove_sessions() -> None:
    Session.objects.filter(expire_date__lt=timezone.now()).delete()


def remove_attempts() -> None:
    """Forget attempts to sign in that no longer count."""
    Throttle.forget_empty()


def remove_statement_results() -> None:
    StatementResult.objects.filter(created_at__lt=timezone.now() - StatementResult.KEPT_FOR).delete()


def discard_uploads() -> None:
    discard_abandoned((), timezone.now() - ABANDONED)


def discard_uploads_to_stores() -> None:
    """Forget those that object stores have: each look there costs, so they are not looked at every ten seconds."""
    lives = max(ABANDONED, settings.PENDING_VERSION_LIFETIME + settings.SIGNED_URL_LIFETIME)
    for base in placement.bases():
        try:
            discard_abandoned([base], timezone.now() - lives)
        except StorageUnavailable as error:  # of several, one that is away does not keep the others
            logger.warning("Uploads to %s are not looked at: %s", base, error.message)


def discard_lent_directories() -> None:
    discard_lent(timezone.now() - settings.SIGNED_URL_LIFETIME)


def remove_old_jobs() -> None:
    """Forget jobs that ended long ago (KEEP_JOBS_DAYS). What they did is in the audit log."""
    Job.objects.filter(finished_at__lt=timezone.now() - settings.JOBS_KEPT_FOR).delete()


def gather_statistics() -> None:
    """Let SQLite know how its tables have grown: without that it sorts what it could read in order."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA analysis_limit=1000")
            cursor.execute("ANALYZE")
