"""The inbox: what people are told, in the product and by e-mail."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from registry.actor import Actor
from registry.models import AccessRequest, Notification


def notify(people: Iterable[User], text: str, *, request: AccessRequest) -> None:
    """Put a line into the inbox of each of ``people``; the caller's transaction decides whether it stays."""
    Notification.objects.bulk_create(
        Notification(recipient=person, text=text[:2000], access_request=request) for person in people
    )


def list_notifications(*, actor: Actor) -> QuerySet[Notification]:
    """The actor's own inbox, the newest first."""
    return actor.principal.notifications.select_related("access_request")


def count_unread(*, actor: Actor) -> int:
    return actor.principal.notifications.filter(read_at=None).count()


def mark_read(*, actor: Actor) -> None:
    """Note that the actor has seen its inbox."""
    actor.principal.notifications.filter(read_at=None).update(read_at=timezone.now())
