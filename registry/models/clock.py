"""What is at work behind the web server, and when it was last seen: the clock, and the workers of each queue."""

from __future__ import annotations

from datetime import timedelta
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone


class Clock(models.Model):
    """One row: the process that does what is due by time. If it stops beating, the next one that asks gets it."""

    holder = models.UUIDField(null=True)
    claimed_at = models.DateTimeField(null=True)
    beat_at = models.DateTimeField(null=True)

    LEASE: ClassVar = timedelta(seconds=10)
    LATE: ClassVar = timedelta(seconds=15)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"clock held by {self.holder}"

    @classmethod
    def hold(cls, holder: UUID) -> bool:
        """Beat as ``holder``, or take the clock over if no one beats; return whether it is the caller's now.

        Each way is one conditional UPDATE: if several ask at once, one gets it.
        """
        now = timezone.now()
        if cls.objects.filter(pk=1, holder=holder).update(beat_at=now) == 1:
            return True
        cls.objects.get_or_create(pk=1)
        free = Q(holder=None) | Q(beat_at__lt=now - cls.LEASE)
        return cls.objects.filter(free, pk=1).update(holder=holder, claimed_at=now, beat_at=now) == 1

    @classmethod
    def release(cls, holder: UUID) -> None:
        """Let the next one have it at once."""
        cls.objects.filter(pk=1, holder=holder).update(holder=None)


class WorkerBeat(models.Model):
    """When a worker of ``queue`` was last seen, on whichever machine."""

    queue = models.CharField(max_length=30, primary_key=True)
    beat_at = models.DateTimeField()

    BEAT_EVERY: ClassVar = timedelta(seconds=10)
    LATE: ClassVar = timedelta(seconds=30)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"worker of the queue {self.queue}"

    @classmethod
    def beat(cls, queue: str) -> None:
        """Note that a worker of ``queue`` is there."""
        cls.objects.update_or_create(queue=queue, defaults={"beat_at": timezone.now()})
