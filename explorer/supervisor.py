"""Keeps child processes running: starts them, restarts one that dies, and stops all of them together."""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from types import FrameType

logger = logging.getLogger(__name__)

GRACE = 15.0
"""Seconds that a child has to stop before it is killed."""


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
            preexec_fn=_die_with_parent,  # noqa: PLW1509 (this process has one thread)
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
        self.stopping = threading.Event()
        self.reason = ""

    def run(self) -> str:
        """Run until told to stop, and return why that was."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            for child in self.children:
                child.start()
            while not self.stopping.wait(0.2):
                for child in self.children:
                    if child.has_died():
                        self._restart(child)
        finally:
            self._stop_children()
        return self.reason

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self.reason = f"signal {signal.Signals(number).name}"
        self.stopping.set()

    def _restart(self, child: Child) -> None:
        deaths = child.note_death()
        code = child.process.returncode if child.process else None
        child.kill()  # what it had forked must not go on without it
        if deaths >= self.most_deaths:
            self.reason = f"the {child.name} died {deaths} times within a minute (exit code {code})"
            self.stopping.set()
            return
        logger.error("The %s died (exit code %s) and is started again.", child.name, code)
        self.stopping.wait(min(0.5 * 2 ** (deaths - 1), 8))
        if not self.stopping.is_set():
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


def _die_with_parent() -> None:
    """Have the kernel stop this process when the supervisor is killed and cannot do it (Linux only)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # 1 is PR_SET_PDEATHSIG
