"""Sending what is new by e-mail, where the environment says how (EMAIL_URL)."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused, SMTPResponseException

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db.models import Min, QuerySet
from django.utils import timezone

from accounts.models import User
from registry.actor import Actor
from registry.models import MailPreference, Notification
from registry.services.activity import notifications

AT_ONCE = 100
"""People who get a message in one run."""
IN_ONE_MESSAGE = 50
"""Lines that a message quotes; it says how many more there are."""
_FOR_GOOD = 500
"""From this code on, a server's answer stays the same, however often it is asked."""
DAY = timedelta(days=1)
STALE = timedelta(days=3)
"""What is older is not sent any more: an administrator who sets mail up later sends no news of last month."""

logger = logging.getLogger(__name__)


def send_mail() -> int:
    """Send everyone what is new for them, in one message each, and return how many went out.

    What someone has read in the inbox in the meantime is not sent. A server that fails is asked again later.
    """
    if not settings.MAIL_IS_SET_UP:
        return 0
    waiting = list(_people_with_news()[:AT_ONCE])
    if not waiting:
        return 0
    sent = 0
    try:
        with get_connection() as connection:
            for person in waiting:
                sent += _send(person, connection)
    except (OSError, SMTPException):
        logger.exception("The mail server did not take a message. It is tried again.")
    return sent


def _people_with_news() -> QuerySet[User]:
    """Whose news are due: at once, or when the oldest of them is a day old."""
    people = User.objects.filter(kind=User.Kind.USER, is_active=True, notifications__in=_unsent())
    people = people.annotate(oldest=Min("notifications__created_at")).order_by("oldest")
    daily = people.filter(mail_preference__frequency=MailPreference.Frequency.DAILY)
    # Those who want a message a day wait until the oldest line is as old as that.
    too_early = daily.filter(oldest__gt=timezone.now() - DAY).values("pk")
    never = MailPreference.objects.filter(frequency=MailPreference.Frequency.NEVER).values("user")
    return people.exclude(pk__in=too_early).exclude(pk__in=never)


def _unsent() -> QuerySet[Notification]:
    return Notification.objects.filter(mailed_at=None, read_at=None, created_at__gte=timezone.now() - STALE)


def _send(person: User, connection: BaseEmailBackend) -> int:
    """Send one message, unless another worker does. What the server refuses for good is not tried again."""
    # Claimed first: a message that is lost when a worker dies is better than one that comes every minute.
    now = timezone.now()
    keys = list(_unsent().filter(recipient=person).values_list("pk", flat=True))
    Notification.objects.filter(pk__in=keys, mailed_at=None).update(mailed_at=now)
    mine = Notification.objects.filter(pk__in=keys, mailed_at=now).order_by("pk")
    claimed = list(mine.select_related("discussion_comment"))
    readable = notifications.list_readable(actor=Actor(principal=person), lines=claimed)
    lines = [line.words for line in claimed if line.pk in readable]
    if not lines:
        return 0
    try:
        return _message(person, lines, connection).send()
    except (OSError, SMTPException) as error:
        if _is_for_good(error):
            logger.warning("The mail server refuses a message to %s: %s", person, error)
            return 0
        mine.update(mailed_at=None)
        raise


def _is_for_good(error: Exception) -> bool:
    """Whether the server refuses the address or the message, and not just now."""
    if isinstance(error, SMTPResponseException):
        return error.smtp_code >= _FOR_GOOD
    return isinstance(error, SMTPRecipientsRefused)


def _message(person: User, lines: Sequence[str], connection: BaseEmailBackend) -> EmailMessage:
    where = settings.PUBLIC_URL.rstrip("/")
    subject = " ".join(lines[0].split())[:150] if len(lines) == 1 else f"{len(lines)} news from Catalog Explorer"
    more = [f"… and {len(lines) - IN_ONE_MESSAGE} more."] if len(lines) > IN_ONE_MESSAGE else []
    news = "\n\n".join([*lines[:IN_ONE_MESSAGE], *more])
    body = f"{news}\n\n{where}/inbox\n\nHow often such mail comes is chosen in your profile: {where}/settings/profile\n"
    return EmailMessage(subject, body, to=[person.user_name], connection=connection)
