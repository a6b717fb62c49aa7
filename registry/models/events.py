"""What happened, once and for all."""

from __future__ import annotations

import uuid
from typing import Any, NoReturn

from django.db import models
from django.utils import timezone


class AppendOnlyQuerySet(models.QuerySet["AuditEvent"]):
    def update(self, **kwargs: Any) -> NoReturn:
        raise TypeError("Audit events are never edited.")

    def delete(self) -> NoReturn:
        raise TypeError("Audit events are never deleted.")


class AuditEvent(models.Model):
    """One change, as it was when it happened. Names, not keys: an event outlives what it tells of.

    ``action_name`` and the keys of ``parameters`` are those of Databricks' audit log (service ``unityCatalog``).
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    action_name = models.CharField(max_length=100)
    actor = models.CharField(max_length=255, blank=True)
    on_behalf_of = models.CharField(max_length=255, blank=True)
    source_address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    securable_type = models.CharField(max_length=30, blank=True)
    securable_uid = models.UUIDField(null=True, db_index=True)
    securable_name = models.CharField(max_length=800, blank=True)
    parameters = models.JSONField(default=dict)

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        default_permissions = ("view",)
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.actor} {self.action_name} {self.securable_name}"
