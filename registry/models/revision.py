"""What shows a process that a principal's holdings on containers have changed: a token for each holder.

A change appends a row for each user and group that it concerns, so that no two writers ever wait for each other and
only those concerned are read again. The database appends it itself, by triggers, so no writer can forget to:
not a service, not the admin, not someone at a prompt. (What the triggers are: ``registry.models.triggers``.)

A token is the set of a holder's rows. Values are random, not counted: a transaction that is rolled back leaves the
token from before, transactions may end in any order, and no set ever comes twice.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from functools import cache

from django.db import models, transaction
from django.db.models import Count

from accounts.compiled_queries import CompiledQuery

ALL = 0
"""The holder that stands for everyone: which groups are in which groups, say."""


def user_key(pk: int) -> int:
    """Return the key under which the changes of a user are noted."""
    return pk


def group_key(pk: int) -> int:
    """Return the key under which the changes of a group are noted."""
    return -pk


class Revision(models.Model):
    value = models.CharField(max_length=36, primary_key=True, default=uuid.uuid4)
    holder = models.BigIntegerField(db_index=True)

    MOST: int = 20
    """How many rows of a holder there must be for them to be replaced by one."""

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"revision {self.value} of {self.holder}"

    @classmethod
    def of(cls, holders: Collection[int]) -> set[tuple[int, str]]:
        """Return the rows of ``holders``, which are their tokens together (one small query)."""
        keys = list(holders)
        size = 1 << (len(keys) - 1).bit_length()  # few different queries, each compiled once
        keys += keys[:1] * (size - len(keys))
        return {(holder, str(value)) for holder, value in _rows(size)(*keys)}

    @classmethod
    def compact(cls) -> None:
        """Replace the rows of each holder that has many of them by a new one, which changes its token."""
        crowded = cls.objects.values("holder").annotate(rows=Count("pk")).filter(rows__gt=cls.MOST)
        for holder in crowded.order_by().values_list("holder", flat=True):
            with transaction.atomic():
                replaced = list(cls.objects.filter(holder=holder).values_list("pk", flat=True))
                cls.objects.create(value=str(uuid.uuid4()), holder=holder)
                cls.objects.filter(pk__in=replaced).delete()


@cache
def _rows(size: int) -> CompiledQuery:
    markers = [-(10**15) - number for number in range(size)]
    return CompiledQuery(lambda: Revision.objects.filter(holder__in=markers).values_list("holder", "value"), *markers)
