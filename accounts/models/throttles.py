"""How often something has been tried: a row for each thing that is limited, in the database that processes share."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import models
from django.db.models import F, Value
from django.db.models.functions import Greatest
from django.utils import timezone


@dataclass(frozen=True)
class Limit:
    """``burst`` attempts at once, and one more every ``seconds``."""

    burst: int
    seconds: int

    @property
    def step(self) -> int:
        return self.seconds * 1000


class Throttle(models.Model):
    """A bucket that leaks: each attempt puts a measure in, and one that would make it overflow is refused.

    ``key`` is a digest of what is limited, so that no list of names and addresses arises here. A bucket is nothing but
    the moment at which it will be empty, in milliseconds: so one conditional UPDATE takes an attempt, and two processes
    never take the same one.
    """

    key = models.CharField(max_length=64, primary_key=True)
    empty_at = models.BigIntegerField(db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.key

    @classmethod
    def seconds_left(cls, key: str, limit: Limit) -> float:
        """Return for how many seconds there will be no attempt; 0 if there is one now. Nothing is written."""
        empty_at = cls.objects.filter(key=key).values_list("empty_at", flat=True).first() or 0
        return max(0, empty_at - _latest(limit)) / 1000

    @classmethod
    def take(cls, key: str, limit: Limit) -> float:
        """Take one attempt and return 0; or take none, and return for how many seconds there will be none."""
        fuller = Greatest(F("empty_at"), Value(_now())) + limit.step
        while cls.objects.filter(key=key, empty_at__lte=_latest(limit)).update(empty_at=fuller) != 1:
            if seconds := cls.seconds_left(key, limit):
                return seconds
            Throttle.objects.bulk_create([Throttle(key=key, empty_at=0)], ignore_conflicts=True)
        return 0

    @classmethod
    def give_back(cls, key: str, limit: Limit) -> None:
        """Give back an attempt that did not count as one: the user who made it has proved who they are."""
        cls.objects.filter(key=key).update(empty_at=F("empty_at") - limit.step)

    @classmethod
    def forget_empty(cls) -> None:
        """Remove buckets that have run empty: a new one says the same."""
        cls.objects.filter(empty_at__lt=_now()).delete()


def _now() -> int:
    return int(timezone.now().timestamp() * 1000)


def _latest(limit: Limit) -> int:
    """When a bucket may be empty at the latest, so that one more attempt goes in now."""
    return _now() + (limit.burst - 1) * limit.step
