"""What a worker does besides its tasks: it asks whether it belongs to the database, shows that it is there, and ends in
time. Celery loads this module once the models are there, as it does tasks.
"""

import logging
import signal
import threading
import time
from typing import Any

from celery.signals import worker_init, worker_ready, worker_shutting_down
from django.conf import settings
from django.db import connections

from explorer import data_folder
from explorer.celery import app
from explorer.supervisor import GRACE
from registry.exceptions import InvalidState
from registry.models import WorkerBeat
from registry.services.administration import installation

logger = logging.getLogger(__name__)


@worker_init.connect
def require_one_installation(**kwargs: Any) -> None:
    """End a worker that was started on another installation's database, with a sentence."""
    data_folder.prepare(settings.DATA_DIR)
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
    while True:
        try:
            for queue in queues:
                WorkerBeat.beat(queue)
        except Exception:
            logger.exception("The worker could not show that it is there; it tries again.")
        finally:
            connections.close_all()  # a process that the pool forks in the meantime must not inherit one
        time.sleep(WorkerBeat.BEAT_EVERY.total_seconds())


@worker_shutting_down.connect
def end_in_time(**kwargs: Any) -> None:
    """End a worker whose children were stopped with it, which may wait for them forever; it is started again."""
    signal.alarm(int(GRACE))
