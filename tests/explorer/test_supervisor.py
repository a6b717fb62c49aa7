"""Keeping children running: who dies is started again, more and more slowly, and keeps nobody else waiting."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from explorer import supervisor
from explorer.supervisor import Child, GivenUp, Supervisor
from tests.live import ROOT, eventually

pytestmark = pytest.mark.large

SUPERVISED = """
import logging, sys
from explorer import supervisor
from explorer.supervisor import Child, GivenUp, Supervisor
logging.basicConfig()
supervisor.FIRST_WAIT = 0.05
children = [Child("good one", ["http.server", "--bind", "127.0.0.1", "0"]), Child("bad one", ["no_such_module"])]
children[{essential}].is_essential = True
try:
    Supervisor(children).run()
except GivenUp as error:
    sys.exit(str(error))
"""


def supervised(essential, log):
    command = [sys.executable, "-c", SUPERVISED.format(essential=essential)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=log)


def test_a_child_that_always_dies_ends_nobody_else(tmp_path):
    with (tmp_path / "log").open("wb") as log:
        process = supervised(0, log)
    deaths = eventually(lambda: (n := (tmp_path / "log").read_text().count("The bad one died")) >= 6 and n, 30)
    assert process.poll() is None
    assert deaths < 12
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    assert "The good one died" not in (tmp_path / "log").read_text()


def test_an_essential_child_that_cannot_start_ends_it_with_a_sentence(tmp_path):
    with (tmp_path / "log").open("wb") as log:
        process = supervised(1, log)
    assert process.wait(30) == 1
    assert "the bad one died 5 times as soon as it was started (exit code 1)" in (tmp_path / "log").read_text()


@pytest.fixture
def child():
    child = Child("child", ["no_such_module"], is_essential=True)
    child.start()
    yield child
    child.kill()


def test_the_wait_doubles_up_to_half_a_minute_and_starts_anew_after_a_minute_of_life(child):
    assert [child.note_death() for _ in range(8)] == [0.5, 1, 2, 4, 8, 16, 30, 30]
    child.started_at = time.monotonic() - supervisor.STEADY
    assert child.note_death() == 0.5
    child.started_at = time.monotonic()
    assert child.note_death() == 1


def test_an_essential_child_that_has_lived_is_never_given_up(child, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_WAIT", 0)
    watch = Supervisor([child], most_deaths=2)
    child.started_at -= supervisor.STEADY
    for _ in range(4):
        eventually(child.has_died, 10)
        watch._look_after(child)
        assert child.process is None
        watch._look_after(child)
        assert child.process is not None


def test_an_essential_child_that_never_lived_is_given_up(child, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_WAIT", 0)
    watch = Supervisor([child], most_deaths=2)
    eventually(child.has_died, 10)
    watch._look_after(child)
    watch._look_after(child)
    eventually(child.has_died, 10)
    with pytest.raises(GivenUp):
        watch._look_after(child)


FORKING = "import os, time; os.fork(); time.sleep(60)"


@pytest.fixture
def dead(tmp_path, monkeypatch):
    """``dead(**how)`` is a child that has just been killed, and has left a process behind."""
    (tmp_path / "forking.py").write_text(FORKING)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    children = []

    def make(**how):
        child = Child("child", ["forking"], **how)
        child.start()
        children.append(child)
        eventually(lambda: len(members(child.process.pid)) == 2, 10)
        os.kill(child.process.pid, signal.SIGKILL)
        eventually(child.has_died, 10)
        return child

    yield make
    for child in children:
        child.kill()
        child.end_hand_over()


def members(group):
    """The living processes of a process group."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            state, _, of = (folder / "stat").read_text().rpartition(")")[2].split()[:3]
        except OSError:
            continue  # it has just ended
        if int(of) == group and state != "Z":
            found.append(int(folder.name))
    return found


def test_what_a_dead_child_had_forked_is_killed_with_it(dead):
    child = dead()
    group = child.process.pid
    Supervisor([child])._look_after(child)
    eventually(lambda: not members(group), 10)


def test_what_a_dead_web_server_has_left_serves_until_the_new_one_is_ready(dead, monkeypatch):
    monkeypatch.setattr(supervisor, "FIRST_WAIT", 0)
    child = dead(hands_over=True)
    group, watch = child.process.pid, Supervisor([child])
    for _ in range(3):
        watch._look_after(child)
    assert child.process is not None
    assert len(members(group)) == 1
    child.started_at -= supervisor.HAND_OVER
    watch._look_after(child)
    eventually(lambda: not members(group), 10)
    assert not child.has_died()
