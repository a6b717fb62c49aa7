"""The clock: one holder at a time, a successor in seconds, and steps that do not stop one another."""

import threading
import time
import uuid
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from django.utils import timezone

from registry import clock
from registry.clock import ClockWork, Step
from registry.exceptions import TrackingUnavailable
from registry.models import Clock, Job, Revision
from tests.live import eventually

ONE, TWO = uuid.uuid4(), uuid.uuid4()


@pytest.fixture
def running(transactional_db, monkeypatch):
    """``running(*lanes)`` is a clock at work; what it leaves open is closed with the test."""
    monkeypatch.setattr(clock, "BEAT_EVERY", 0.05)
    works = []

    def start(*lanes):
        work = ClockWork(lanes)
        thread = threading.Thread(target=lambda: (work.run(), connection.close()))
        thread.start()
        works.append((work, thread))
        return work

    yield start
    for work, thread in works:
        work.stop()
        thread.join(15)


def test_one_of_two_holds_the_clock(db):
    assert [Clock.hold(ONE), Clock.hold(TWO), Clock.hold(ONE)] == [True, False, True]
    assert Clock.objects.get().holder == ONE


def test_a_clock_that_stops_beating_is_taken_over_and_not_taken_back(db, time_machine):
    start = timezone.now()
    time_machine.move_to(start)
    Clock.hold(ONE)
    time_machine.move_to(start + Clock.LEASE - timedelta(seconds=1))
    assert not Clock.hold(TWO)
    time_machine.move_to(start + Clock.LEASE + timedelta(seconds=1))
    assert Clock.hold(TWO)
    assert not Clock.hold(ONE)


def test_a_clock_that_is_stopped_gives_it_up_at_once(db):
    Clock.hold(ONE)
    Clock.release(TWO)
    assert not Clock.hold(TWO)
    Clock.release(ONE)
    assert Clock.hold(TWO)


def test_only_the_holder_does_its_steps_and_the_second_takes_over(running):
    done = []
    first = running([Step("one", 0.1, lambda: done.append(1))])
    eventually(lambda: 1 in done, 10)
    running([Step("two", 0.1, lambda: done.append(2))])
    time.sleep(1)
    assert 2 not in done
    first.stop()
    eventually(lambda: 2 in done, 10)


def test_a_step_that_fails_is_logged_and_the_others_go_on(running, caplog):
    done = []
    running([Step("that breaks", 0.1, lambda: 1 / 0), Step("good", 0.1, lambda: done.append(1))])
    eventually(lambda: len(done) > 2, 10)
    assert "A step of the clock failed: that breaks." in caplog.text


def test_a_step_that_takes_long_stops_neither_the_beat_nor_other_lanes(running):
    gate, done = threading.Event(), []
    running([Step("slow", 0.1, lambda: gate.wait(20))], [Step("quick", 0.1, lambda: done.append(1))])
    eventually(lambda: len(done) > 2, 10)
    seen = Clock.objects.get().beat_at
    eventually(lambda: Clock.objects.get().beat_at > seen, 10)
    gate.set()


def test_a_step_that_hangs_ends_the_process_with_a_sentence(transactional_db, monkeypatch, settings, tmp_path):
    settings.INSTALLATION_FILE = tmp_path / "installation"
    gate = threading.Event()
    monkeypatch.setattr(clock, "LONGEST", 0.2)
    monkeypatch.setattr("signal.signal", lambda *args: None)
    monkeypatch.setattr(ClockWork.__init__, "__defaults__", (((Step("stuck", 1, lambda: gate.wait(20)),),),))
    with pytest.raises(CommandError, match="«stuck» has run for"):
        call_command("tick")
    gate.set()


def test_everything_is_done_once_on_demand(cast, settings, tmp_path, monkeypatch):
    settings.AUDIT_HEAD = tmp_path / "audit_head"
    monkeypatch.setattr("registry.clock.LANES", ((Step("that breaks", 1, lambda: 1 / 0),), *clock.LANES))
    Revision.objects.bulk_create(Revision(value=str(uuid.uuid4()), holder=7) for _ in range(Revision.MOST + 1))
    old = {"kind": Job.Kind.COPY, "state": Job.State.SUCCEEDED, "title": "x", "created_at": timezone.now()}
    for days in (89, 91):
        Job.objects.create(**old, finished_at=timezone.now() - timedelta(days=days))
    waiting = Job.objects.create(kind=Job.Kind.COPY, title="y", created_at=timezone.now() - timedelta(days=100))
    call_command("tick", once=True)
    assert Revision.objects.filter(holder=7).count() == 1
    assert Job.objects.count() == 2
    assert Job.objects.filter(pk=waiting.pk).exists()


def test_another_installations_data_is_refused(db, settings, tmp_path):
    settings.INSTALLATION_FILE = tmp_path / "installation"
    call_command("tick", once=True)
    settings.INSTALLATION_FILE.write_text(str(uuid.uuid4()))
    with pytest.raises(CommandError, match="belongs to the installation"):
        call_command("tick", once=True)


def test_a_step_that_asks_for_runs_too_early_is_a_line_and_no_traceback(caplog):
    def ask():
        raise TrackingUnavailable("It does not answer.")

    Step("remove runs", 1, ask).run()
    assert "A step of the clock was left out: remove runs. It does not answer." in caplog.text
    assert "Traceback" not in caplog.text
