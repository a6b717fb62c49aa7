"""Sending jobs to the workers: each kind to its queue, and never longer than a broker's time-out."""

import os
import socket
import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from registry import queue, tasks
from registry.jobs import HANDLERS
from registry.models import Job
from tests.live import ROOT

SEND = """
import time
import django
django.setup()
from celery import current_app
from registry import queue
with current_app.producer_or_acquire():
    pass  # the first sending of a process loads Celery's transport
for _ in range(2):
    began = time.monotonic()
    queue._send("key", "bytes")
    print(time.monotonic() - began)
"""

GONE = "0a4f7a2e-3f0c-4c55-9d7f-1f4b8f1a2b3c"


@pytest.fixture
def sent(monkeypatch):
    sent = []
    monkeypatch.setattr("celery.current_app.send_task", lambda name, **options: sent.append(options))
    return sent


def test_every_kind_of_job_has_a_handler_and_a_queue(settings):
    assert set(HANDLERS) == set(Job.QUEUES) == set(Job.Kind)
    assert {known.name for known in settings.CELERY_TASK_QUEUES} == set(Job.Queue.values)


@pytest.mark.parametrize(("kind", "name"), [("COPY", "bytes"), ("DELETE_ARTIFACTS", "quick")])
def test_bytes_and_quick_work_wait_in_queues_of_their_own(db, sent, django_capture_on_commit_callbacks, kind, name):
    with django_capture_on_commit_callbacks(execute=True):
        queue.enqueue(Job.objects.create(kind=kind, title="x"))
    assert [options["queue"] for options in sent] == [name]


def test_a_copy_of_few_bytes_does_not_wait_behind_large_ones():
    assert Job(kind="COPY", bytes_total=Job.FEW_BYTES).queue == "quick"
    assert Job(kind="REGISTER", bytes_total=Job.FEW_BYTES + 1).queue == "bytes"
    assert Job(kind="VERIFY_ARTIFACTS", bytes_total=1).queue == "bytes"


@pytest.mark.parametrize(
    ("columns", "phase"),
    [
        ({"state": "QUEUED"}, "waiting"),
        ({"state": "RUNNING"}, "listing"),
        ({"state": "RUNNING", "files_total": 3, "files_done": 2}, "copying"),
        ({"state": "RUNNING", "files_total": 3, "files_done": 3}, "checking"),
        ({"state": "SUCCEEDED", "files_total": 3, "files_done": 3}, ""),
    ],
)
def test_what_a_job_does_now_is_told(columns, phase):
    assert Job(kind="COPY", **columns).phase == phase


@pytest.fixture
def started(db, monkeypatch):
    """The titles of the jobs that were started: each stays running."""
    titles = []
    monkeypatch.setitem(HANDLERS, Job.Kind.COPY, lambda job: titles.append(job.title))
    return titles


def large(who, title):
    return Job.objects.create(kind="COPY", requested_by=who, title=title, bytes_total=10**12)


def test_who_starts_many_large_copies_lets_others_go_first(started):
    many = [large("ann", f"ann {number}") for number in range(3)]
    other = large("bob", "bob")
    for job in (*many, other):  # in the order in which their messages were sent
        tasks.run_job(str(job.pk))
    assert started == ["ann 0", "bob", "ann 1", "ann 2"]
    for job in (*many, other):  # messages that come again find nothing to do
        tasks.run_job(str(job.pk))
    assert len(started) == 4


def test_a_job_whose_worker_is_dead_is_taken_over_by_its_own_message(started, time_machine):
    job = large("ann", "ann")
    assert job.take()
    tasks.run_job(str(job.pk))
    assert started == []
    time_machine.move_to(timezone.now() + timedelta(minutes=1))
    tasks.run_job(str(job.pk))
    assert started == ["ann"]


def test_a_broker_that_has_failed_is_not_asked_for_some_seconds(monkeypatch, sent):
    def fail(*args, **options):
        sent.append(options)
        raise ConnectionRefusedError

    monkeypatch.setattr("celery.current_app.send_task", fail)
    for _ in range(3):
        queue._send("key", "quick")
    assert len(sent) == 1
    assert queue.is_paused()
    monkeypatch.setattr("registry.queue._paused_until", queue._paused_until - queue.PAUSE)
    assert not queue.is_paused()
    queue._send("key", "quick")
    assert len(sent) == 2


def test_nobody_waits_longer_than_a_second_for_a_broker_that_hangs(tmp_path):
    """It accepts connections, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        environment = {
            **os.environ, "REDIS_URL": f"redis://127.0.0.1:{server.getsockname()[1]}/0", "DATA_DIR": str(tmp_path),
            "DJANGO_SETTINGS_MODULE": "explorer.settings",
        }  # fmt: skip
        command = [sys.executable, "-c", SEND]
        done = subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, text=True)
    first, second = map(float, done.stdout.split())
    assert 0.5 < first < 1.5
    assert second < 0.1
    assert "the clock will send it" in done.stderr


@pytest.mark.parametrize(("free", "state"), [(7 * 2**20, "SUCCEEDED"), (9 * 2**20, "QUEUED")])
def test_what_is_deleted_from_a_full_disk_goes_without_a_message(db, monkeypatch, settings, free, state):
    monkeypatch.setattr("registry.storage.room.free", lambda root: free)
    file = settings.ARTIFACT_ROOT / GONE[:2] / GONE / "big.bin"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    waits = timezone.now() - 2 * settings.JOB_STALE_AFTER
    job = Job.objects.create(kind="DELETE_ARTIFACTS", storage_location=f"local:///{GONE}", enqueued_at=waits)
    tasks.delete_where_full()
    job.refresh_from_db()
    assert job.state == state
    assert file.exists() is (state == "QUEUED")
