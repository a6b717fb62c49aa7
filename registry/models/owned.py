"""What rows that have a creator, or an owner, have in common."""

from __future__ import annotations

import uuid
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ObjectDoesNotExist
from django.db import models
from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from registry import limits
from registry.exceptions import DoesNotExist


class Recorded(models.Model):
    """Who made a row and who changed it last, by name: the names outlive the accounts."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    created_by = models.CharField(max_length=255, editable=False)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)
    updated_by = models.CharField(max_length=255, editable=False)

    class Meta:
        abstract = True

    def change(self, by: str, **values: Any) -> None:
        """Set ``values`` on this row and note who did it."""
        values |= {"updated_at": timezone.now(), "updated_by": by}
        if type(self)._default_manager.filter(pk=self.pk).update(**values) != 1:
            raise DoesNotExist(f"{self} was deleted in the meantime.")
        for name, value in values.items():
            setattr(self, name, value)


class Placing(models.Model):
    """Mixin of containers: where the files of new versions go, if not to where those of what they are in do."""

    storage_root = models.CharField(max_length=limits.ROOT_LENGTH, blank=True, default="", db_default="")

    class Meta:
        abstract = True


class Owned(Recorded):
    """A securable with one owner: a user (or service principal) or a group.

    Both keys are empty when the owner's account is deleted; containers' owners and administrators remain.
    """

    owner_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_%(class)ss"
    )
    owner_group = models.ForeignKey(
        Group, null=True, blank=True, on_delete=models.SET_NULL, related_name="owned_%(class)ss"
    )

    class Meta:
        abstract = True

    @property
    def owner(self) -> User | Group | None:
        """The owner; None also where the account has been deleted since this row was read."""
        try:
            return self.owner_user or self.owner_group
        except ObjectDoesNotExist:
            return None

    @property
    def owner_name(self) -> str:
        return str(self.owner or "")


def one_owner(prefix: str) -> models.CheckConstraint:
    """Constrain the database to one owner."""
    return models.CheckConstraint(
        condition=Q(owner_user__isnull=True) | Q(owner_group__isnull=True), name=f"{prefix}_one_owner"
    )
