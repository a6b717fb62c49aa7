"""Requests for access."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry import limits
from registry.models.references import RefersToOne, refers_to_one
from registry.privileges import Privilege

if TYPE_CHECKING:
    from accounts.models import User


class AccessRequest(RefersToOne):
    """A principal asks for privileges on a securable, for itself or for another principal.

    OPEN --decide--> GRANTED | DECLINED     (approve: it stays open for those who can grant all of it)
      +---withdraw--> WITHDRAWN
    """

    class State(models.TextChoices):
        OPEN = "OPEN", "Open"
        GRANTED = "GRANTED", "Granted"
        DECLINED = "DECLINED", "Declined"
        WITHDRAWN = "WITHDRAWN", "Withdrawn"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.OPEN)
    requester = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sent_access_requests"
    )
    for_user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    for_group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="+")
    # What its sender goes on seeing: the object may be renamed, or hidden from them, in the meantime.
    asked_name = models.CharField(max_length=800)
    privileges = models.JSONField()
    # How long it is to last once it is granted; null: until it is revoked.
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Who has approved it, while it waits for someone who can also grant USE of the containers.
    approved_by = models.CharField(max_length=255, blank=True)
    comment = models.CharField(max_length=limits.REQUEST_COMMENT_LENGTH, blank=True)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.CharField(max_length=255, blank=True)
    reply = models.CharField(max_length=limits.REQUEST_COMMENT_LENGTH, blank=True)

    class Meta:
        default_permissions = ("view",)
        ordering = ("-created_at", "-pk")
        constraints = [
            models.CheckConstraint(
                condition=Q(for_user=None, for_group__isnull=False) | Q(for_user__isnull=False, for_group=None),
                name="access_request_for_one",
            ),
            refers_to_one("access_request_on_one"),
        ]

    def __str__(self) -> str:
        return f"{self.principal} asks for {self.words} on {self.asked_name}{self.lasting}"

    @property
    def principal(self) -> User | Group:
        principal = self.for_user or self.for_group
        assert principal is not None  # the constraint says so
        return principal

    @property
    def words(self) -> str:
        """The privileges as people read them."""
        return ", ".join(Privilege(name).words for name in self.privileges)

    @property
    def lasting(self) -> str:
        """For how long, as the end of a sentence; empty where it has no end."""
        return f" for {self.days} day{'' if self.days == 1 else 's'}" if self.days else ""

    @property
    def is_open(self) -> bool:
        return self.state == self.State.OPEN
