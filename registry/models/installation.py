"""What the database knows of the installation it belongs to, and what must be left alone for a while."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone


class Installation(models.Model):
    """One row, with the id that is in DATA_DIR too: see ``registry.services.administration.installation``."""

    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    made_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.uid)


class DeletionHold(models.Model):
    """While a process holds it, no bytes of versions are removed. One that stops beating no longer holds it."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    reason = models.CharField(max_length=1024)
    beat_at = models.DateTimeField(default=timezone.now)

    BEAT_EVERY: ClassVar = timedelta(seconds=10)
    LIVES: ClassVar = timedelta(minutes=1)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.reason

    @classmethod
    def is_held(cls) -> bool:
        """Whether bytes must be left alone now."""
        return cls.objects.filter(beat_at__gt=timezone.now() - cls.LIVES).exists()

    def beat(self) -> None:
        """Keep holding it."""
        type(self).objects.filter(pk=self.pk).update(beat_at=timezone.now())
