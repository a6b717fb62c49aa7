"""What SQL statements returned, for clients that ask for it later."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone


class StatementResult(models.Model):
    """The answer to a statement as it was given to the principal that executed it; only that one may read it again."""

    uid = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, db_index=True)
    answer = models.JSONField()

    KEPT_FOR: ClassVar = timedelta(hours=1)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"result of {self.user}'s statement {self.uid}"
