"""How far slow work is."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Progress(models.Model):
    """The state of a job, and its counts of files and bytes."""

    class State(models.TextChoices):
        QUEUED = "QUEUED", "Queued"
        RUNNING = "RUNNING", "Running"
        SUCCEEDED = "SUCCEEDED", "Succeeded"
        FAILED = "FAILED", "Failed"

    state = models.CharField(max_length=20, choices=State, default=State.QUEUED)
    bytes_done = models.BigIntegerField(default=0)
    bytes_total = models.BigIntegerField(null=True)
    files_done = models.PositiveIntegerField(default=0)
    files_total = models.PositiveIntegerField(null=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    MEASURED_AFTER: ClassVar = timedelta(seconds=2)

    class Meta:
        abstract = True

    @property
    def is_unfinished(self) -> bool:
        return self.state in (self.State.QUEUED, self.State.RUNNING)

    @property
    def percent(self) -> int | None:
        """Progress in whole percent of bytes, or of files where there are none; None while the total is unknown."""
        if self.state == self.State.SUCCEEDED:
            return 100
        if self.bytes_total:
            return min(99, self.bytes_done * 100 // self.bytes_total)
        return min(99, self.files_done * 100 // self.files_total) if self.files_total else None

    @property
    def bytes_per_second(self) -> int | None:
        if self.started_at is None:
            return None
        seconds = ((self.finished_at or timezone.now()) - self.started_at).total_seconds()
        return int(self.bytes_done / seconds) if seconds > 0 else None

    @property
    def seconds_left(self) -> int | None:
        """About how long it will take at this rate; None while nothing is known: first moments would suggest hours."""
        if not self.is_unfinished or self.bytes_total is None or not self.bytes_per_second:
            return None
        if self.started_at is None or timezone.now() - self.started_at < self.MEASURED_AFTER:
            return None
        return max(1, (self.bytes_total - self.bytes_done) // self.bytes_per_second)
