"""The Celery application. Tasks live in registry/tasks.py."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning  # type: ignore[attr-defined]  # the stubs lack it

import explorer.broker  # noqa: F401 (makes files:// known)

# In containers and on a fresh machine root is who there is; messages are JSON, which the warning is not about.
warnings.filterwarnings("ignore", category=SecurityWarning)
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "explorer.settings")

app = Celery("explorer")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
app.autodiscover_tasks(["explorer"], related_name="workers")  # what a worker does besides its tasks
