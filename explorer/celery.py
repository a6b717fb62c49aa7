"""The Celery application. Tasks live in registry/tasks.py."""

import os
import signal
import warnings
from typing import Any

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # the stubs lack it
from celery.signals import worker_init, worker_shutting_down
from django.db import connections

import explorer.broker  # noqa: F401 (makes files:// known)
from explorer.supervisor import GRACE
from registry.exceptions import InvalidState

# In containers and on a fresh machine root is who there is; messages are JSON, which the warning is not about.
warnings.filterwarnings("ignore", category=SecurityWarning)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")

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


@worker_shutting_down.connect
def end_in_time(**kwargs: Any) -> None:
    """A worker whose children were stopped with it may wait for them for ever: it ends, and is started again."""
    signal.alarm(int(GRACE))
