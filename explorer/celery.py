"""The Celery application. Tasks live in registry/tasks.py."""

import logging
import os
import signal
import threading
import time
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # the stubs lack it
from celery.signals import worker_init, worker_ready, worker_shutting_down
from django.db import connections

import explorer.broker  # noqa: F401 (makes files:// known)
from explorer.supervisor import GRACE
from registry.exceptions import InvalidState

# In containers and on a fresh machine root is who there is; messages are JSON, which the warning is not about.
warnings.filterwarnings("ignore", category=SecurityWarning)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")

logger = logging.getLogger(__name__)

app = Celery("explorer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_init.connect
def require_one_installation(**kwargs: Any) -> None:
    """End a worker that was started on another installation's database, with a sentence."""
    from registry.services import installation  # noqa: PLC0415  # models are loaded after the apps

    try:
        installation.settle()
    except InvalidState as error:
        raise SystemExit(error.message) from error
    finally:
        connections.close_all()  # the processes of the pool must not inherit one


@worker_ready.connect
def beat(**kwargs: Any) -> None:
    """Let a worker be seen, from whichever machine: the database says that there is one for each of its queues."""
    threading.Thread(target=_keep_beating, args=(list(app.amqp.queues.consume_from),), daemon=True).start()


def _keep_beating(queues: list[str]) -> None:
    from registry.models import WorkerBeat  # noqa: PLC0415  # models are loaded after the apps

    while True:
        try:
            for queue in queues:
                WorkerBeat.beat(queue)
        except Exception:
            logger.exception("The worker could not show that it is there; it tries again.")
        finally:
            connections.close_all()  # a process that the pool forks meanwhile must not inherit one
        time.sleep(WorkerBeat.BEAT_EVERY.total_seconds())


@worker_shutting_down.connect
def end_in_time(**kwargs: Any) -> None:
    """A worker whose children were stopped with it may wait for them for ever: it ends, and is started again."""
    signal.alarm(int(GRACE))
