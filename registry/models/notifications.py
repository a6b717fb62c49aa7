"""What users are notified of, in the product and by e-mail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from registry.models.access import AccessRequest
from registry.models.discussions import DiscussionComment
from registry.models.hierarchy import RegisteredModel


class Notification(models.Model):
    """A line in a user's inbox; the worker sends it by e-mail too, where mail is set up."""

    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications")
    text = models.CharField(max_length=2000)
    # What it is about, if that can be opened.
    access_request = models.ForeignKey(AccessRequest, null=True, on_delete=models.CASCADE, related_name="notifications")
    discussion_comment = models.ForeignKey(
        DiscussionComment, null=True, on_delete=models.CASCADE, related_name="notifications"
    )
    registered_model = models.ForeignKey(RegisteredModel, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    read_at = models.DateTimeField(null=True)
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        default_permissions = ()
        ordering = ("-pk",)
        indexes = [
            models.Index(fields=["mailed_at"], name="notification_to_mail", condition=Q(mailed_at=None)),
        ]

    def __str__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """What it says. A comment is quoted as it is now: editing or deleting it takes effect everywhere."""
        comment = self.discussion_comment
        return f"{self.text}: “{comment.excerpt}”" if comment is not None else self.text


class MailPreference(models.Model):
    """How often a user wants news by e-mail. Without a row it comes as it happens."""

    class Frequency(models.TextChoices):
        AT_ONCE = "AT_ONCE", "As it happens"
        DAILY = "DAILY", "Once a day, in one message"
        NEVER = "NEVER", "Never: the inbox is enough"

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="mail_preference")
    frequency = models.CharField(max_length=10, choices=Frequency)

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.user}: {self.frequency}"
