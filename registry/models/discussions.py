"""What people say to one another about a model, and how much of it each wants to hear."""

from __future__ import annotations

import uuid
from textwrap import shorten

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from registry.models.hierarchy import RegisteredModel
from registry.models.versions import ModelVersion

EXCERPT = 200
"""Characters of a comment that are shown in an inbox and in a mail."""


class DiscussionCommentQuerySet(models.QuerySet["DiscussionComment"]):
    def threads(self) -> DiscussionCommentQuerySet:
        """Return the comments that begin a thread in which something is left to read."""
        answered = DiscussionComment.objects.filter(thread=OuterRef("pk"), deleted_at=None)
        return self.filter(Q(deleted_at=None) | Exists(answered), thread=None)


class DiscussionComment(models.Model):
    """A comment about a model, or about one of its versions; ``thread`` is what it answers.

    A comment that is deleted loses its text, and its place stays as long as there are answers to it.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="discussion")
    model_version = models.ForeignKey(ModelVersion, null=True, on_delete=models.CASCADE, related_name="discussion")
    thread = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="replies")
    # The name outlives the account; only the account has rights on the comment.
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=255)
    text = models.TextField()
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    edited_at = models.DateTimeField(null=True)
    deleted_at = models.DateTimeField(null=True)

    objects = DiscussionCommentQuerySet.as_manager()

    class Meta:
        default_permissions = ("view", "delete")
        ordering = ("pk",)

    def __str__(self) -> str:
        return f"comment of {self.author_name} on {self.subject}"

    @property
    def excerpt(self) -> str:
        """How it begins, in one line."""
        return shorten(self.text, EXCERPT, placeholder=" …") or f"{self.text[:EXCERPT]}…"

    @property
    def subject(self) -> RegisteredModel | ModelVersion:
        return self.model_version or self.registered_model


class Watch(models.Model):
    """How much a user wants to hear about a model. Without a row an owner hears everything, others what concerns
    them."""

    class Level(models.TextChoices):
        EVERYTHING = "EVERYTHING", "All activity"
        CONCERNING = "CONCERNING", "Mentions and answers"
        NOTHING = "NOTHING", "Nothing"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="watches")
    registered_model = models.ForeignKey(RegisteredModel, on_delete=models.CASCADE, related_name="watches")
    level = models.CharField(max_length=10, choices=Level)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["user", "registered_model"], name="watch_once")]

    def __str__(self) -> str:
        return f"{self.user} hears of {self.registered_model}: {self.level}"
