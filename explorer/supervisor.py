"""Keeps child processes running: starts them, starts one that dies again, and stops all of them together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import FrameType

logger = logging.getLogger(__name__)

GRACE = 15.0
"""Seconds that a child has to stop before it is killed."""


FIRST_WAIT, LONGEST_WAIT = 0.5, 30.0
"""Seconds before a child that has died is started again: the first time, and at most, after doubling each time."""
STEADY = 60.0
"""A child that has lived for so many seconds is started again as if it had never died."""

HAND_OVER = 20.0
"""Seconds that a new child has to get ready while what is left of the dead one goes on."""


class GivenUp(Exception):
    """A child cannot even be started."""


@dataclass
class Child:
    """A program of this virtual environment, in a process group of its own: what it forks goes with it."""

    name: str
    module_and_arguments: Sequence[str]
    is_essential: bool = False  # without it there is nothing to keep running
    hands_over: bool = False  # what it has forked goes on while a new one gets ready in its place
    environment: Mapping[str, str] = field(default_factory=dict)  # variables that it has besides the supervisor's own
    socket: Path | None = None  # what it listens on: one that is killed leaves the file, and the next could not bind it
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    deaths: int = field(default=0, init=False)  # in a row, each within a minute of its start
    is_proven: bool = field(default=False, init=False)  # it has lived for a minute
    started_at: float = field(default=0.0, init=False)
    start_at: float = field(default=0.0, init=False)
    orphans: int = field(default=0, init=False)  # the process group of a dead one that still goes on

    def start(self) -> None:
        self.started_at = time.monotonic()
        if self.socket is not None:
            self.socket.unlink(missing_ok=True)
        # A new session: Ctrl-C reaches only the supervisor, which then stops its children in order.
        command = [sys.executable, "-m", *self.module_and_arguments]
        self.process = subprocess.Popen(  # noqa: S603 (our own programs)
            command,
            env={**os.environ, **self.environment},
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 (this process has one thread)
        )

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Send SIGTERM only to the child: it stops what it has forked, after letting it finish."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """Kill the child, if it is still there, and everything it has forked."""
        if self.process is not None:
            _kill_group(self.process.pid)
            self.process.wait()
            self.process = None

    def bury(self) -> None:
        """Kill what the dead child had forked, unless it is what goes on until a new one has taken over."""
        if self.hands_over and not self.orphans and self.process is not None:
            self.orphans, self.process = self.process.pid, None
        else:
            self.kill()

    def end_hand_over(self) -> None:
        """Kill what still goes on of a dead one."""
        if self.orphans:
            _kill_group(self.orphans)
            self.orphans = 0

    def note_death(self) -> float:
        """Note that it has died, and return the seconds after which it is to be started again."""
        lived = time.monotonic() - self.started_at
        self.is_proven = self.is_proven or lived >= STEADY
        self.deaths = 1 if lived >= STEADY else self.deaths + 1
        wait = min(FIRST_WAIT * (1 << min(self.deaths - 1, 10)), LONGEST_WAIT)
        self.start_at = time.monotonic() + wait
        return wait


class Supervisor:
    """Runs ``children`` until a signal comes. One that dies is started again, at once and then more and more slowly."""

    def __init__(self, children: Sequence[Child], *, most_deaths: int = 5) -> None:
        self.children = children
        self.most_deaths = most_deaths
        self.stop_signal: signal.Signals | None = None

    def run(self) -> None:
        """Run until a signal comes; GivenUp if an essential child cannot even start. No child is left either way."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        try:
            for child in self.children:
                child.start()
            while self.stop_signal is None:
                time.sleep(0.1)
                for child in self.children:
                    self._look_after(child)
        finally:
            self._stop_children()

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        # Nothing but an assignment: a lock or an event taken here could be held by the very code it interrupts.
        self.stop_signal = signal.Signals(number)

    def _look_after(self, child: Child) -> None:
        """Start ``child`` if it has waited long enough since it died; the others go on in the meantime."""
        if child.process is None:
            if time.monotonic() >= child.start_at:
                child.start()
        elif child.has_died():
            code = child.process.returncode
            child.bury()
            wait = child.note_death()
            if child.is_essential and not child.is_proven and child.deaths >= self.most_deaths:
                raise GivenUp(
                    f"the {child.name} died {child.deaths} times as soon as it was started (exit code {code})"
                )
            logger.error("The %s died (exit code %s) and is started again in %g seconds.", child.name, code, wait)
        elif time.monotonic() - child.started_at > HAND_OVER:
            child.end_hand_over()

    def _stop_children(self) -> None:
        for child in self.children:
            child.ask_to_stop()
        deadline = time.monotonic() + GRACE
        for child in self.children:
            if child.process is not None:
                try:
                    child.process.wait(max(0.1, deadline - time.monotonic()))
                except subprocess.TimeoutExpired:
                    logger.error("The %s did not stop and is killed.", child.name)
            child.kill()
            child.end_hand_over()


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        pass


def _die_with(parent: int) -> None:
    """Have the kernel stop this process when the supervisor is killed and cannot do it (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)
