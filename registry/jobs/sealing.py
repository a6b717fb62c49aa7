"""Sealing the audit log, link by link, and finding what somebody has done to it behind our back."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from registry.models import AuditEvent, AuditSeal

AT_ONCE = 1_000
"""Events that are sealed in one transaction, and that are read at once to be verified."""
LATE = 10_000
"""How many keys behind the last sealed event one may still appear: transactions end in any order."""
UNSEALED_FOR = timedelta(minutes=2)
"""After this time an event has its seal, if the worker runs: sealing is at most a minute behind."""

logger = logging.getLogger(__name__)


def seal_events(tell: Callable[[list[AuditEvent]], None] = lambda events: None) -> int:
    """Seal every event that has none, in the order of their keys, and return how many there were.

    ``tell`` hears of each event once, when its seal stands.
    """
    total = 0
    while True:
        try:
            sealed = _seal_some()
        except IntegrityError:
            return total  # another process seals in this moment
        tell(sealed)
        total += len(sealed)
        if len(sealed) < AT_ONCE:
            return total


def find_tampering() -> str:
    """Name the first event, in sealing order, that was changed, removed or inserted; empty if there is none."""
    head = _read_head()  # first: what is sealed while we read is no reason for alarm
    before, expected = None, 1
    for seal, event in _sealed_events():
        if finding := _finding(before, expected, seal, event):
            return finding
        if (seal.number, seal.mac) != head and seal.number == head[0]:
            return f"Seal {seal.number} was replaced."
        before, expected = seal, seal.number + 1
    return _missing_end(before, head) or _unsealed(before)


def _seal_some() -> list[AuditEvent]:
    now = timezone.now()
    with transaction.atomic():
        last = AuditSeal.objects.select_for_update().order_by("-number").first()
        if finding := _missing_end(last, _read_head()):
            # Going on would make a new end of what is left, and hide that there was more.
            logger.error("Nothing is sealed: %s (A database that was restored on purpose? Remove %s.)", finding,
                         settings.AUDIT_HEAD)  # fmt: skip
            return []
        seals: list[AuditSeal] = []
        for event in islice(_genuine(_waiting(last)), AT_ONCE):
            last = AuditSeal.after(last, event, now)
            seals.append(last)
        AuditSeal.objects.bulk_create(seals)
    if seals and last is not None:
        _keep_head(last)
    return [seal.event for seal in seals]


def _waiting(last: AuditSeal | None) -> QuerySet[AuditEvent]:
    """Events without a seal, in the order of their keys."""
    waiting = AuditEvent.objects.filter(seal=None).order_by("pk")
    return waiting.filter(pk__gt=last.event_id - LATE) if last is not None else waiting


def _genuine(waiting: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Those of ``waiting`` that this server has written; all others are passed over, however many there are."""
    keys = waiting.values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)
    while some := list(islice(keys, AT_ONCE)):
        events = _read(some)
        for key in some:
            event = events.get(key)
            if event is not None and event.is_genuine():
                yield event
            else:
                logger.error("Event %s was not written by this server, or has been changed. It is not sealed.", key)


def _read(keys: list[int]) -> dict[int, AuditEvent]:
    """The events with those keys, without rows that hold what no event holds, so that they cannot be read."""
    try:
        return AuditEvent.objects.in_bulk(keys)
    except (TypeError, ValueError, AttributeError):
        return {} if len(keys) == 1 else {key: event for one in keys for key, event in _read([one]).items()}


def _keep_head(last: AuditSeal) -> None:
    """Note the end of the chain outside the database: a chain alone does not show that its end was cut off."""
    draft = Path(f"{settings.AUDIT_HEAD}.{os.getpid()}")
    draft.write_text(f"{last.number} {last.mac}")
    draft.replace(settings.AUDIT_HEAD)


def _sealed_events() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    seals = AuditSeal.objects.order_by("number").iterator(chunk_size=AT_ONCE)
    while some := list(islice(seals, AT_ONCE)):
        events = _read([seal.event_id for seal in some])
        for seal in some:
            yield seal, events.get(seal.event_id)


def _finding(before: AuditSeal | None, expected: int, seal: AuditSeal, event: AuditEvent | None) -> str:
    if seal.number != expected:
        return f"Seal {expected} was removed: the event that it belongs to cannot be told any more."
    if event is None:
        when = f"sealed {seal.sealed_at:%Y-%m-%d %H:%M:%S}, seal {seal.number}"
        return f"Event {seal.event_uid} ({when}) was removed, or changed so that it cannot be read."
    if not event.is_genuine() or seal.mac != seal.expected_mac(before, event):
        return f"Event {seal.event_uid} (seal {seal.number}) was changed: {event}."
    return ""


def _read_head() -> tuple[int, str]:
    """Number and MAC of the seal that was the last when that was noted; 0 where nothing is noted."""
    if not settings.AUDIT_HEAD.exists():
        return 0, ""
    number, _, mac = settings.AUDIT_HEAD.read_text().partition(" ")
    return int(number), mac


def _missing_end(last: AuditSeal | None, head: tuple[int, str]) -> str:
    """Whether the chain goes as far as it went when its head was noted, and has that seal."""
    number, mac = head
    there = last.number if last is not None else 0
    if there < number:
        return f"The end of the chain was removed: {number - there} events after seal {there}."
    if number and not AuditSeal.objects.filter(number=number, mac=mac).exists():
        return f"Seal {number} was replaced."
    return ""


def _unsealed(last: AuditSeal | None) -> str:
    """Whether there are events that this server has not written, or that every run has passed by."""
    keys = AuditEvent.objects.filter(seal=None).order_by("pk").values_list("pk", flat=True).iterator()
    while some := list(islice(keys, AT_ONCE)):
        events = _read(some)
        for key in some:
            event = events.get(key)
            if event is None or not event.is_genuine():
                return f"Event {event.uid if event else key} was inserted, or changed before it was sealed."
            if last is not None and key < last.event_id and event.at < last.sealed_at - UNSEALED_FOR:
                return f"Event {event.uid} lost its seal, or was inserted: {event}."
    return ""
