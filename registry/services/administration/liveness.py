"""Whether clock and workers are at work, judged by when they were last seen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from registry import storage
from registry.models import Clock, Job, WorkerBeat


@dataclass(frozen=True)
class Seen:
    """How many seconds ago something was last seen, None if it never was; and whether that is too long."""

    seconds: int | None
    late: bool


@dataclass(frozen=True)
class Liveness:
    """The clock, and the workers by the name of their queue."""

    clock: Seen
    workers: dict[str, Seen]


def get_liveness() -> Liveness:
    """Read when clock and workers were last seen (two rows of one table, one of another)."""
    now = timezone.now()
    clock = Clock.objects.values_list("beat_at", flat=True).first()
    beats = dict(WorkerBeat.objects.values_list("queue", "beat_at"))
    workers = {queue: _seen(beats.get(queue), now, WorkerBeat.LATE) for queue in Job.Queue.values}
    return Liveness(_seen(clock, now, Clock.LATE), workers)


def require_storage() -> None:
    """Raise OSError or StorageUnavailable where artifacts cannot be reached."""
    storage.probe()


def _seen(at: datetime | None, now: datetime, late: timedelta) -> Seen:
    if at is None:
        return Seen(None, late=True)
    return Seen(max(0, int((now - at).total_seconds())), late=now - at > late)
