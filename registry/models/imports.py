"""Imports: registries of other servers that are brought here, and what became of them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from registry import limits
from registry.models.jobs import Job


class Import(models.Model):
    """One import: from where, of what, and into what. It waits until it is started; then its job tells how far it is.

    ``names``: the full name that each model gets, by its name there; empty for all of them, by the rule. ``stages``:
    the alias that the latest version in a stage gets, by stage. ``report``: lines of an object and what is not as it
    was there.
    """

    class Kind(models.TextChoices):
        MLFLOW = "MLFLOW", "MLflow server"
        WORKSPACE = "WORKSPACE", "Databricks workspace registry"
        CATALOG_EXPLORER = "CATALOG_EXPLORER", "Catalog Explorer"

    STAGES: ClassVar = {"Production": "Champion", "Staging": "Challenger"}
    WAITS_FOR: ClassVar = timedelta(hours=1)
    """How long one is kept that no one starts."""
    MOST_LINES: ClassVar = 1_000
    """Of a report."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=20, choices=Kind)
    address = models.CharField(max_length=limits.SOURCE_LENGTH)
    user = models.CharField(max_length=255, blank=True)
    # Sealed with SECRET_KEY, and forgotten when the import ends.
    secret = models.TextField(blank=True)
    # Whether it may reach servers in the network of this machine: who runs the machine has asked for it.
    is_trusted = models.BooleanField(default=False)
    destination = models.CharField(max_length=2 * limits.NAME_LENGTH + 1, blank=True)
    names = models.JSONField(default=dict, blank=True)
    stages = models.JSONField(default=dict, blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    requested_by = models.CharField(max_length=255)
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True)
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="imported")
    models_done = models.PositiveIntegerField(default=0)
    versions_done = models.PositiveIntegerField(default=0)
    versions_there = models.PositiveIntegerField(default=0)
    report = models.JSONField(default=list, blank=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-created_at", "-pk")

    def __str__(self) -> str:
        return f"Import from {self.address}"
