"""Model versions."""

from __future__ import annotations

from typing import Any

from django.db import models, transaction
from django.db.models import F, Q
from django.utils import timezone

from registry import limits
from registry.exceptions import InvalidState
from registry.models.hierarchy import RegisteredModel, Securable
from registry.models.owned import Recorded


class ModelVersion(Recorded):
    """One version of a registered model, and where its artifacts are.

    PENDING_REGISTRATION --finalize--> READY
            |
            +----fail----> FAILED_REGISTRATION

    Artifacts are written while it is pending and never change once it has left that state.
    """

    class Status(models.TextChoices):
        PENDING_REGISTRATION = "PENDING_REGISTRATION", "Pending"
        READY = "READY", "Ready"
        FAILED_REGISTRATION = "FAILED_REGISTRATION", "Failed"

    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="versions")
    version = models.PositiveIntegerField()
    status = models.CharField(max_length=30, choices=Status, default=Status.PENDING_REGISTRATION)
    status_message = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    storage_location = models.CharField(max_length=1024)
    # Whose it is while it is pending. No foreign key: deleting an account must not wait for a version. (The name in
    # ``created_by`` outlives the account, and can be given to another one.)
    creator_key = models.BigIntegerField(null=True, editable=False)
    source = models.CharField(max_length=limits.SOURCE_LENGTH, blank=True)
    is_copy = models.BooleanField(default=False, editable=False)
    # Its index is below: of copies only. Where few versions are copies, a planner does not trust one of all versions.
    copied_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="copies", db_index=False
    )
    run_id = models.CharField(max_length=limits.RUN_ID_LENGTH, blank=True)
    run_link = models.CharField(max_length=limits.RUN_LINK_LENGTH, blank=True)
    run_tracking_server_id = models.CharField(max_length=255, blank=True)
    model_id = models.CharField(max_length=limits.MODEL_ID_LENGTH, blank=True)
    feature_deps = models.TextField(blank=True)
    dependencies = models.JSONField(default=list, blank=True)
    params = models.JSONField(default=list, blank=True)
    metrics = models.JSONField(default=list, blank=True)
    size = models.BigIntegerField(null=True, editable=False)
    flavor = models.CharField(max_length=limits.FLAVOR_LENGTH, blank=True, editable=False)
    # Over the paths and digests of all files: see ``registry.services.artifacts.digests``. Empty where one is unknown.
    digest = models.CharField(max_length=64, blank=True, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)

    class Meta:
        default_permissions = ()
        ordering = ("-version",)
        constraints = [
            models.UniqueConstraint(fields=["registered_model", "version"], name="model_version_unique_number"),
            models.CheckConstraint(condition=Q(version__gte=1), name="model_version_from_one"),
            models.CheckConstraint(
                condition=Q(comment__length__lte=limits.COMMENT_LENGTH), name="model_version_comment"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at", "id"], name="model_version_created"),
            models.Index(fields=["updated_at", "id"], name="model_version_updated"),
            models.Index(fields=["status", "updated_at"], name="model_version_status"),
            models.Index(fields=["run_id"], name="model_version_run"),
            models.Index(fields=["model_id"], name="model_version_logged_model"),
            models.Index(fields=["flavor"], name="model_version_flavor"),
            models.Index(fields=["creator_key"], name="model_version_creator"),
            models.Index(fields=["status", "verified_at"], name="model_version_verified"),
            models.Index(fields=["copied_from"], name="model_version_copies", condition=Q(copied_from__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.registered_model.full_name} version {self.version}"

    @property
    def name_in_model(self) -> str:
        """What people call it where its model is known."""
        return f"version {self.version}"

    @property
    def is_pending(self) -> bool:
        return self.status == self.Status.PENDING_REGISTRATION

    @property
    def is_ready(self) -> bool:
        return self.status == self.Status.READY

    @transaction.atomic
    def finalize(self, *, size: int, **learned: Any) -> None:
        """Leave PENDING_REGISTRATION for READY, with the ``size`` in bytes and what else the artifacts show."""
        self._leave_pending(self.Status.READY, size=size, **learned)
        RegisteredModel.objects.filter(pk=self.registered_model_id).update(size=F("size") + size)

    def fail(self, reason: str) -> None:
        """Leave PENDING_REGISTRATION for FAILED_REGISTRATION, with a ``reason`` for people to read."""
        self._leave_pending(self.Status.FAILED_REGISTRATION, status_message=reason)

    def _leave_pending(self, status: Status, **values: Any) -> None:
        pending = ModelVersion.objects.filter(pk=self.pk, status=self.Status.PENDING_REGISTRATION)
        if pending.update(status=status, updated_at=timezone.now(), **values) != 1:
            raise InvalidState(f"{self} is no longer pending registration.")
        self.refresh_from_db(fields=["status", "updated_at", *values])


Governed = Securable | ModelVersion
"""What an operation can be asked of: a securable, or what is governed by the one that it is in."""
