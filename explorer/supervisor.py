"""Keeps child processes running: starts them, restarts one that dies, and stops all of them together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from types import FrameType

logger = logging.getLogger(__name__)

GRACE = 15.0
"""Seconds that a child has to stop before it is killed."""


class GivenUp(Exception):
    """A child cannot be kept alive."""


@dataclass
class Child:
    """A program of this virtual environment, in a process group of its own: what it forks goes with it."""

    name: str
    module_and_arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)
    deaths: list[float] = field(default_factory=list, init=False)

    def start(self) -> None:
        # A new session: Ctrl-C reaches the supervisor alone, which then stops its children in order.
        command = [sys.executable, "-m", *self.module_and_arguments]
        self.process = subprocess.Popen(  # noqa: S603 (our own programs)
            command,
            start_new_session=True,
            preexec_fn=partial(_die_with, os.getpid()),  # noqa: PLW1509 (this process has one thread)
        )

    def has_died(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def ask_to_stop(self) -> None:
        """Send SIGTERM to the child alone: it stops what it has forked, after letting it finish."""
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()

    def kill(self) -> None:
        """Kill the child, if it is still there, and everything it has forked."""
        if self.process is None:
            return
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        self.process.wait()

    def note_death(self) -> int:
        """Note that it has died now; return how often that was within the last minute."""
        now = time.monotonic()
        self.deaths = [death for death in self.deaths if now - death < 60] + [now]
        return len(self.deaths)


class Supervisor:
    """Runs ``children`` until a signal comes, or until one of them dies too often to be worth restarting."""

    def __init__(self, children: Sequence[Child], *, most_deaths: int = 5) -> None:
        self.children = children
        self.most_deaths = most_deaths
        self.stop_signal: signal.Signals | None = None

    def run(self) -> None:
        """Run until a signal comes; raise GivenUp if a child cannot be kept alive. No child is left either way."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        try:
            for child in self.children:
                child.start()
            while self._wait(0.2):
                for child in self.children:
                    if child.has_died():
                        self._restart(child)
        finally:
            self._stop_children()

    def _note_signal(self, number: int, frame: FrameType | None) -> None:
        # Nothing but an assignment: a lock or an event taken here could be held by the very code it interrupts.
        self.stop_signal = signal.Signals(number)

    def _wait(self, seconds: float) -> bool:
        """Wait in short steps; False as soon as a signal has come."""
        deadline = time.monotonic() + seconds
        while self.stop_signal is None and (left := deadline - time.monotonic()) > 0:
            time.sleep(min(left, 0.2))
        return self.stop_signal is None

    def _restart(self, child: Child) -> None:
        deaths = child.note_death()
        code = child.process.returncode if child.process else None
        child.kill()  # what it had forked must not go on without it
        if deaths >= self.most_deaths:
            raise GivenUp(f"the {child.name} died {deaths} times within a minute (exit code {code})")
        logger.error("The %s died (exit code %s) and is started again.", child.name, code)
        if self._wait(min(0.5 * 2 ** (deaths - 1), 8)):
            child.start()

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


def _die_with(parent: int) -> None:
    """Have the kernel stop this process when the supervisor is killed and cannot do it (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG
        if os.getppid() != parent:  # it died before the kernel knew
            os._exit(1)
