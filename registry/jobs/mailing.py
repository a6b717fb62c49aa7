"""Sending notifications by e-mail, where the environment says how (EMAIL_URL)."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException, SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

from accounts.models import User
from registry.models import Notification

AT_ONCE = 100
STALE = timedelta(days=1)
"""What is older is not sent any more: who sets mail up later does not send last month's news."""

logger = logging.getLogger(__name__)


def send_mail() -> int:
    """Send what has not been sent, and return how many messages went out. A server that fails is asked again later."""
    if not settings.MAIL_IS_SET_UP:
        return 0
    recent = Notification.objects.filter(mailed_at=None, created_at__gte=timezone.now() - STALE)
    people = recent.filter(recipient__kind=User.Kind.USER, recipient__is_active=True).select_related("recipient")
    waiting = list(people.order_by("pk")[:AT_ONCE])
    if not waiting:
        return 0
    try:
        with get_connection() as connection:
            return sum(_send(notification, connection) for notification in waiting)
    except (OSError, SMTPException):
        logger.exception("The mail server did not take a message. It is tried again.")
        return 0


def _send(notification: Notification, connection: BaseEmailBackend) -> int:
    """Send one message, unless another worker does. What the server refuses for its address is not tried again."""
    # Claimed first: a message that is lost when a worker dies is better than one that comes every minute.
    mine = Notification.objects.filter(pk=notification.pk, mailed_at=None)
    if mine.update(mailed_at=timezone.now()) != 1:
        return 0
    try:
        return _message(notification, connection).send()
    except SMTPRecipientsRefused:
        logger.warning("The mail server refuses %s.", notification.recipient)
        return 0
    except (OSError, SMTPException):
        Notification.objects.filter(pk=notification.pk).update(mailed_at=None)
        raise


def _message(notification: Notification, connection: BaseEmailBackend) -> EmailMessage:
    where = settings.PUBLIC_URL.rstrip("/") + "/inbox"
    subject = " ".join(notification.text.split())[:150]
    body = f"{notification.text}\n\n{where}\n"
    return EmailMessage(subject, body, to=[notification.recipient.user_name], connection=connection)
