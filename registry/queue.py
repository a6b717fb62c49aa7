"""Hands a job to the workers: its key, by task name, after commit. Imports nothing that performs the work."""

import logging
import time
from functools import partial

from celery import current_app
from django.db import transaction

from registry.models import Job

RUN_JOB = "registry.run_job"
PAUSE = 5.0
"""Seconds for which a broker that has failed is not asked: each try waits for its time-out."""

logger = logging.getLogger(__name__)

_paused_until = 0.0


def enqueue(job: Job) -> None:
    """Send ``job`` to a worker of its queue once the current transaction is committed.

    A broker that cannot be reached delays the job and loses nothing: the clock sends again what is still queued.
    """
    transaction.on_commit(partial(_send, str(job.pk), job.queue))


def is_paused() -> bool:
    """Whether the broker has just failed, so that nothing is sent for some seconds."""
    return time.monotonic() < _paused_until


def _send(key: str, queue: str) -> None:
    global _paused_until  # noqa: PLW0603 (of this process: each finds out for itself)
    if is_paused():
        logger.warning("Job %s is not sent while the broker is away; the clock will send it.", key)
        return
    try:
        # One try: the user who asks for a job does not wait until the broker is back.
        current_app.send_task(RUN_JOB, args=[key], queue=queue, retry=False)
    except Exception as error:  # noqa: BLE001 (whatever the broker's library raises; the row is the truth)
        _paused_until = time.monotonic() + PAUSE
        logger.error("Job %s could not be sent (%s); the clock will send it again.", key, error)
