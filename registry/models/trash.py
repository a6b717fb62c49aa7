"""What has been deleted and can be restored: the rows of an object and of all that was in it, as they were.

The object itself is gone: no query meets it. Its files stay until the entry ends.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry import limits
from registry.models.hierarchy import Catalog, RegisteredModel, Schema


class TrashEntry(models.Model):
    """One object that was deleted, with all that was in it; what it was in is one of three columns, or none."""

    class Kind(models.TextChoices):
        CATALOG = "CATALOG", "Catalog"
        SCHEMA = "SCHEMA", "Schema"
        REGISTERED_MODEL = "REGISTERED_MODEL", "Model"
        MODEL_VERSION = "MODEL_VERSION", "Version"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    object_uid = models.UUIDField(db_index=True)
    name = models.CharField(max_length=limits.NAME_LENGTH)
    full_name = models.CharField(max_length=limits.LINEAGE_NAME_LENGTH)
    catalog = models.ForeignKey(Catalog, null=True, on_delete=models.SET_NULL, related_name="+")
    schema = models.ForeignKey(Schema, null=True, on_delete=models.SET_NULL, related_name="+")
    registered_model = models.ForeignKey(RegisteredModel, null=True, on_delete=models.SET_NULL, related_name="+")
    owner_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    owner_group = models.ForeignKey(Group, null=True, on_delete=models.SET_NULL, related_name="+")
    model_count = models.PositiveIntegerField(default=0)
    version_count = models.PositiveIntegerField(default=0)
    size = models.BigIntegerField(default=0)
    deleted_by = models.CharField(max_length=255)
    deleted_at = models.DateTimeField(default=timezone.now)
    ends_at = models.DateTimeField(db_index=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-deleted_at", "-pk")
        verbose_name_plural = "trash entries"

    def __str__(self) -> str:
        return self.full_name

    @property
    def days_left(self) -> int:
        """For how many days it can still be restored; a day that has begun counts."""
        return max(0, ceil((self.ends_at - timezone.now()) / timedelta(days=1)))

    @property
    def parent(self) -> Catalog | Schema | RegisteredModel | None:
        """What it was in, if that is there; None for a catalog, too."""
        return self.catalog or self.schema or self.registered_model


class TrashManager(models.Model):
    """Who had the right to manage an object itself when it was deleted, besides its owner."""

    entry = models.ForeignKey(TrashEntry, on_delete=models.CASCADE, related_name="managers")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    ends_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.CheckConstraint(condition=Q(user=None) ^ Q(group=None), name="trash_manager_user_or_group")
        ]

    def __str__(self) -> str:
        return str(self.user or self.group)


class TrashedRows(models.Model):
    """Some hundred rows of one table, a list of values each, in the order in which they can be put back (``number``).

    ``columns`` are the names of the values. Rows that only referred to the object, and stayed, have one column of
    theirs, after the key: what it pointed at (``is_reference``).
    """

    entry = models.ForeignKey(TrashEntry, on_delete=models.CASCADE, related_name="rows")
    number = models.PositiveIntegerField()
    table = models.CharField(max_length=100)
    columns = models.JSONField(default=list)
    values: Any = models.JSONField(default=list)
    is_reference = models.BooleanField(default=False)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["entry", "number"], name="trashed_rows_in_order")]

    def __str__(self) -> str:
        return f"{len(self.values)} of {self.table}"


class TrashedFiles(models.Model):
    """Where the files of a version in the trash lie."""

    entry = models.ForeignKey(TrashEntry, on_delete=models.CASCADE, related_name="files")
    title = models.CharField(max_length=limits.LINEAGE_NAME_LENGTH)
    storage_location = models.CharField(max_length=1024, db_index=True)
    size = models.BigIntegerField(default=0)
    # As of a version: whose quota it counts for.
    creator_key = models.BigIntegerField(null=True, db_index=True)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.title
