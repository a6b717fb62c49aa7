"""Sending notifications by e-mail, where the environment says how (EMAIL_URL)."""

from __future__ import annotations

import logging
from datetime import timedelta
from smtplib import SMTPException

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
    waiting = Notification.objects.filter(mailed_at=None, created_at__gte=timezone.now() - STALE)
    people = waiting.filter(recipient__kind=User.Kind.USER, recipient__is_active=True).select_related("recipient")
    sent = 0
    with get_connection() as connection:
        for notification in people.order_by("pk")[:AT_ONCE]:
            # Claimed first: a message that is lost when a worker dies is better than one that comes every minute.
            if Notification.objects.filter(pk=notification.pk, mailed_at=None).update(mailed_at=timezone.now()) != 1:
                continue
            try:
                sent += _message(notification, connection).send()
            except (OSError, SMTPException):
                Notification.objects.filter(pk=notification.pk).update(mailed_at=None)
                logger.exception("The mail server did not take a message. It is tried again.")
                break
    return sent


def _message(notification: Notification, connection: BaseEmailBackend) -> EmailMessage:
    where = settings.PUBLIC_URL.rstrip("/") + (notification.link or "/inbox")
    subject = " ".join(notification.text.split())[:150]
    body = f"{notification.text}\n\n{where}\n"
    return EmailMessage(subject, body, to=[notification.recipient.user_name], connection=connection)
