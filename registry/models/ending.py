"""Grants that end by themselves: guardian's rows, with the moment from which no one holds them."""

from typing import Any, TypeVar

from django.db import models
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def in_force(grants: Rows) -> Rows:
    """Return those of ``grants`` that count now: they have no end, or it is in the future."""
    return grants.filter(Q(ends_at=None) | Q(ends_at__gt=Now()))


class Ending(models.Model):
    """A grant that may end by itself: from ``ends_at`` on no one holds it, and the clock takes the row away."""

    ends_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True


class UserGrant(Ending, UserObjectPermissionBase):
    class Meta(UserObjectPermissionBase.Meta):
        abstract = True


class GroupGrant(Ending, GroupObjectPermissionBase):
    class Meta(GroupObjectPermissionBase.Meta):
        abstract = True
