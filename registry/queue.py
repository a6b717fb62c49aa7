"""Hands a job to the workers: its key, by task name, after commit. Imports nobody who performs the work."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction

from registry.models import Job

RUN_JOB = "registry.run_job"

logger = logging.getLogger(__name__)


def enqueue(job: Job) -> None:
    """Send ``job`` to a worker once the current transaction is committed.

    A broker that cannot be reached delays the job and loses nothing: the tick sends again what is still queued.
    """
    transaction.on_commit(partial(_send, str(job.pk)))


def _send(key: str) -> None:
    try:
        current_app.send_task(RUN_JOB, args=[key])
    except Exception:
        logger.exception("Job %s could not be sent; the tick will send it again.", key)
