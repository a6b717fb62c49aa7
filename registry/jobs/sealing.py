"""Sealing the audit log, link by link, and finding what somebody has done to it behind our back."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from registry.models import AuditEvent, AuditSeal

AT_ONCE = 1_000
"""Events that are sealed in one transaction, and that are read at once to be verified."""
LATE = 10_000
"""How many keys behind the last sealed event one may still appear: transactions end in any order."""
UNSEALED_FOR = timedelta(minutes=2)
"""After this time an event has its seal, if the worker runs: sealing is at most a minute behind."""

logger = logging.getLogger(__name__)


def seal_events() -> int:
    """Seal every event that has none, in the order of their keys, and return how many there were."""
    total = 0
    while True:
        try:
            sealed = _seal_some()
        except IntegrityError:
            return total  # another process seals in this moment
        total += sealed
        if sealed < AT_ONCE:
            return total


def find_tampering() -> str:
    """Name the first event, in sealing order, that was changed, removed or inserted; empty if there is none."""
    before, expected = None, 1
    for seal, event in _sealed_events():
        if finding := _finding(before, expected, seal, event):
            return finding
        before, expected = seal, seal.number + 1
    return _missing_end(before) or _unsealed()


def _seal_some() -> int:
    now = timezone.now()
    with transaction.atomic():
        last = AuditSeal.objects.select_for_update().order_by("-number").first()
        waiting = AuditEvent.objects.filter(seal=None)
        if last is not None:
            waiting = waiting.filter(pk__gt=last.event_id - LATE)
        seals: list[AuditSeal] = []
        for event in waiting.order_by("pk")[:AT_ONCE]:
            if event.signature != event.expected_signature():
                logger.error(
                    "Event %s was not written by this server, or has been changed. It is not sealed.", event.pk
                )
                continue
            last = AuditSeal.after(last, event, now)
            seals.append(last)
        AuditSeal.objects.bulk_create(seals)
    if seals and last is not None:
        _keep_head(last)
    return len(seals)


def _keep_head(last: AuditSeal) -> None:
    """Note the end of the chain outside the database: a chain alone does not show that its end was cut off."""
    draft = Path(f"{settings.AUDIT_HEAD}.{os.getpid()}")
    draft.write_text(f"{last.number} {last.mac}")
    draft.replace(settings.AUDIT_HEAD)


def _sealed_events() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    seals = AuditSeal.objects.order_by("number").iterator(chunk_size=AT_ONCE)
    while some := list(islice(seals, AT_ONCE)):
        events = AuditEvent.objects.in_bulk([seal.event_id for seal in some])
        for seal in some:
            yield seal, events.get(seal.event_id)


def _finding(before: AuditSeal | None, expected: int, seal: AuditSeal, event: AuditEvent | None) -> str:
    if seal.number != expected:
        return f"Seal {expected} was removed: the event that it belongs to cannot be told any more."
    if event is None:
        return f"Event {seal.event_uid} (sealed {seal.sealed_at:%Y-%m-%d %H:%M:%S}, seal {seal.number}) was removed."
    if event.signature != event.expected_signature() or seal.mac != seal.expected_mac(before, event):
        return f"Event {seal.event_uid} (seal {seal.number}) was changed: {event}."
    return ""


def _missing_end(last: AuditSeal | None) -> str:
    """Whether the chain goes as far as it went, and ends as it ended, when its head was noted last."""
    if not settings.AUDIT_HEAD.exists():
        return ""
    number, _, mac = settings.AUDIT_HEAD.read_text().partition(" ")
    there = last.number if last is not None else 0
    if there < int(number):
        return f"The end of the chain was removed: {int(number) - there} events after seal {there}."
    if AuditSeal.objects.get(number=int(number)).mac != mac:
        return f"Seal {number} was replaced."
    return ""


def _unsealed() -> str:
    """Whether there are events that this server has not written, or that no run has sealed."""
    last = AuditSeal.objects.order_by("-number").first()
    for event in AuditEvent.objects.filter(seal=None).order_by("pk").iterator():
        if event.signature != event.expected_signature():
            return f"Event {event.uid} was inserted, or changed before it was sealed: {event}."
        if last is not None and event.at < last.sealed_at - UNSEALED_FOR:
            return f"Event {event.uid} lost its seal, or was inserted: {event}."
    return ""
