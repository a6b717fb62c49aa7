"""The inbox: what people are notified of, in the product and by e-mail."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.denials import Attempt
from registry.models import AccessRequest, DiscussionComment, MailPreference, Notification, RegisteredModel, Securable

Subject = AccessRequest | DiscussionComment | RegisteredModel


def notify(people: Iterable[User], text: str, *, about: Subject) -> None:
    """Add a line to the inbox of each of ``people``; the caller's transaction decides whether it stays."""
    Notification.objects.bulk_create(
        Notification(recipient=person, text=text[:2000], **_column(about)) for person in people
    )


def list_notifications(*, actor: Actor) -> QuerySet[Notification]:
    """Return the actor's own inbox, the newest first."""
    model, comment = "registered_model__schema__catalog", "discussion_comment"
    return actor.principal.notifications.select_related(
        model, f"{comment}__{model}", f"{comment}__model_version__{model}"
    )


def list_readable(*, actor: Actor, lines: Sequence[Notification]) -> set[int]:
    """Return the keys of those of the actor's ``lines`` that it may still read: rights go, and comments are edited."""
    about = {line.registered_model_id for line in lines if line.registered_model_id is not None}
    known = RegisteredModel.objects.filter(pk__in=about).order_by()
    allowed = authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, known).values_list("pk", flat=True)
    readable: set[int | None] = {None, *allowed}
    return {line.pk for line in lines if line.registered_model_id in readable}


def count_unread(*, actor: Actor) -> int:
    return actor.principal.notifications.filter(read_at=None).count()


def mark_read(*, actor: Actor) -> None:
    """Note that the actor has seen its inbox."""
    actor.principal.notifications.filter(read_at=None).update(read_at=timezone.now())


def mark_answered(request: AccessRequest) -> None:
    """Mark the notices of a request that is now decided as read: no one has anything to do about it any more."""
    request.notifications.filter(read_at=None).update(read_at=timezone.now())


def open_notification(*, actor: Actor, key: int) -> DiscussionComment | Securable | None:
    """Return what a line of the actor's inbox is about, if it may still be read; from now on the line has been read."""
    notification = list_notifications(actor=actor).filter(pk=key).first()
    if notification is None:
        of_others = Notification.objects.filter(pk=key)
        raise authorization.none_of(actor, of_others, "Your inbox has no such notification.", Attempt.GET_NOTIFICATION)
    Notification.objects.filter(pk=key, read_at=None).update(read_at=timezone.now())
    if notification.access_request is not None:
        about = notification.access_request.securable
        return about if authorization.is_visible(actor, about) else None
    model = notification.registered_model
    if model is None or not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, model):
        return None
    return notification.discussion_comment or model


def mail_frequency(*, actor: Actor) -> MailPreference.Frequency:
    """Return how often the actor wants what is new by e-mail."""
    chosen = MailPreference.objects.filter(user=actor.principal).first()
    return MailPreference.Frequency(chosen.frequency) if chosen else MailPreference.Frequency.AT_ONCE


def choose_mail_frequency(*, actor: Actor, frequency: MailPreference.Frequency) -> None:
    MailPreference.objects.update_or_create(user=actor.principal, defaults={"frequency": frequency})


def _column(about: Subject) -> dict[str, Any]:
    match about:
        case AccessRequest():
            return {"access_request": about}
        case DiscussionComment():
            return {"discussion_comment": about, "registered_model": about.registered_model}
        case RegisteredModel():
            return {"registered_model": about}
