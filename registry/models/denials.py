"""What was refused in this minute: how many events that has left, and what is folded into one."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from django.db import models


class DenialTally(models.Model):
    """The denials of one principal, or from one address, in one minute: a row that goes with the minute.

    It is in the database, so that several processes count together, and nothing is lost with any of them. When the
    minute is over, what is ``folded`` becomes one event (``registry.audit.folding``).
    """

    minute = models.DateTimeField()
    whose = models.CharField(max_length=300)
    recorded = models.PositiveIntegerField(default=0)
    folded = models.JSONField(default=dict)

    ELSEWHERE: ClassVar = "addresses"
    """Stands for the denials from all addresses beyond those that have their own rows."""

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["minute", "whose"], name="denial_tally_once")]

    def __str__(self) -> str:
        return f"denials of {self.whose} at {self.minute:%Y-%m-%d %H:%M}"

    @staticmethod
    def hold(minute: datetime, whose: Iterable[str]) -> dict[str, DenialTally]:
        """Hold the rows of ``whose``, which are made if need be, in the order of those names."""
        names = sorted(set(whose))
        while True:
            DenialTally.objects.bulk_create(
                [DenialTally(minute=minute, whose=name) for name in names], ignore_conflicts=True
            )
            rows = DenialTally.objects.filter(minute=minute, whose__in=names).order_by("whose").select_for_update()
            held = {row.whose: row for row in rows}
            if len(held) == len(names):  # or one was folded, and deleted, in between
                return held
