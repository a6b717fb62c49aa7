"""The clock: what is done by time, how often, and the process that does it while the clock is its own.

It is claimed in the database (``Clock``), so a second one waits until the first has not beaten for some seconds. That
two of them work for a moment does no harm: each step holds what it changes by a condition or a lock.
"""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import close_old_connections, connections

from registry import audit, tasks
from registry.exceptions import TrackingUnavailable
from registry.jobs import mailing, sealing, upkeep, verifying
from registry.models import Clock, Revision
from registry.services.access import ending
from registry.services.activity import watching
from registry.services.imports import entries as imports
from registry.services.trash import entries
from registry.services.versions import loads
from registry.storage import make_room
from registry.tracking import experiments, lineage, removing
from registry.tracking.attached import experiments as attached_experiments

BEAT_EVERY = 2.0
"""Seconds; several beats may fail before the clock is another's (``Clock.LEASE``)."""
LONGEST = 600.0
"""Seconds after which a step hangs: the process ends, and its supervisor starts a new one."""
GRACE = 10.0
"""Seconds that running steps have when the clock is stopped. What is killed after them is done by the next one."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Step:
    """``work`` is done every ``every`` seconds."""

    name: str
    every: float
    work: Callable[[], object]

    def run(self) -> None:
        """Do it now. What goes wrong is logged: it must not stop the other steps."""
        try:
            self.work()
        except TrackingUnavailable as error:  # which starts later than the clock
            logger.warning("A step of the clock was left out: %s. %s", self.name, error)
        except Exception:
            logger.exception("A step of the clock failed: %s.", self.name)


# Each lane has a thread: a slow mail server, or a thousand uploads to sweep away, delay no seal.
LANES: tuple[tuple[Step, ...], ...] = (
    (
        Step("keep a reserve", 2, make_room),  # first: the others may need what it gives up
        Step("seal events", 2, sealing.seal_events),
        Step("fold denials", 5, audit.fold_denials),
        Step("tell watchers", 2, watching.tell_watchers),
        Step("delete where the disk is full", 2, tasks.delete_where_full),  # before it is sent, which makes it wait
        Step("send jobs again", 2, upkeep.send_again),
    ),
    (
        Step("settle experiments", 60, experiments.settle_all),
        Step("synchronize experiments", 60, attached_experiments.synchronize),
        Step("remove deleted runs", 3600, removing.remove_deleted),
        Step("end grants", 10, ending.end_grants),
        Step("empty the trash", 60, entries.end_entries),
        Step("forget credentials of imports", 60, imports.forget_secrets),
        Step("expire versions", 10, upkeep.expire_versions),
        Step("remove sessions", 10, upkeep.remove_sessions),
        Step("remove attempts", 60, upkeep.remove_attempts),
        Step("remove statement results", 10, upkeep.remove_statement_results),
        Step("discard uploads", 10, upkeep.discard_uploads),
        Step("discard uploads to stores", 3600, upkeep.discard_uploads_to_stores),
        Step("discard lent directories", 10, upkeep.discard_lent_directories),
        Step("compact revisions", 10, Revision.compact),
        Step("remove old jobs", 3600, upkeep.remove_old_jobs),
        Step("gather statistics", 3600, upkeep.gather_statistics),
        Step("ask for verification", 3600, verifying.ask_for_verification),
        Step("sweep orphans", 3600, verifying.sweep_orphans),
    ),
    (
        Step("read runs", 2, lineage.read_runs),
        Step("note loads", 15, loads.note_loads),
        Step("forget loads", 3600, loads.forget_loads),
    ),
    (Step("send mail", 30, mailing.send_mail),),
)


def tick() -> None:
    """Do every step once, in order, no matter who has the clock."""
    for lane in LANES:
        for step in lane:
            step.run()


class Hanging(Exception):
    """Something does not go on: a new process has to take over."""


class ClockLane(threading.Thread):
    """Does its steps, one after another, whenever they are due."""

    def __init__(self, steps: Sequence[Step], may_run: Callable[[], bool]) -> None:
        super().__init__(daemon=True)  # one that hangs does not keep the process from ending
        self.steps, self.may_run = steps, may_run
        self.due = dict.fromkeys(steps, 0.0)
        self.stopping = threading.Event()
        self.doing: tuple[Step, float] | None = None

    def run(self) -> None:
        while not self.stopping.wait(0.2):
            for step in self.steps:
                if self.due[step] <= time.monotonic() and self.may_run() and not self.stopping.is_set():
                    self._do(step)
        connections.close_all()

    def require_moving(self) -> None:
        """Raise Hanging if the step that runs now has run for too long, or if no step will ever run again."""
        if not self.is_alive():
            raise Hanging("a lane has ended")
        doing = self.doing
        if doing is not None and time.monotonic() - doing[1] > LONGEST:
            raise Hanging(f"«{doing[0].name}» has run for {LONGEST:.0f} seconds")

    def _do(self, step: Step) -> None:
        began = time.monotonic()
        self.doing = step, began
        close_old_connections()  # one that has broken, or is old
        step.run()
        self.doing = None
        self.due[step] = began + step.every


class ClockWork:
    """Beats the clock and runs its lanes while it holds it, until it is stopped."""

    def __init__(self, lanes: Sequence[Sequence[Step]] = LANES) -> None:
        self.holder = uuid.uuid4()
        self.holds = self.is_stopped = False
        self.lanes = [ClockLane(steps, lambda: self.holds) for steps in lanes]

    def stop(self) -> None:
        """Ask it to stop. (Called by signal handlers: nothing but an assignment.)"""
        self.is_stopped = True

    def run(self) -> None:
        """Run until ``stop`` is called; Hanging if a step does not end."""
        for lane in self.lanes:
            lane.start()
        next_beat = 0.0
        while not self.is_stopped:
            if next_beat <= time.monotonic():
                next_beat = time.monotonic() + BEAT_EVERY
                self._beat()
            for lane in self.lanes:
                lane.require_moving()
            time.sleep(0.2)
        self._end()

    def _beat(self) -> None:
        close_old_connections()
        held = self.holds
        try:
            self.holds = Clock.hold(self.holder)
        except Exception:
            self.holds = False  # another one may take it over in the meantime
            logger.exception("The clock could not beat; it tries again.")
        if held and not self.holds:
            logger.warning("This process has lost the clock.")

    def _end(self) -> None:
        for lane in self.lanes:
            lane.stopping.set()
        deadline = time.monotonic() + GRACE
        for lane in self.lanes:
            lane.join(max(0.1, deadline - time.monotonic()))
        Clock.release(self.holder)
