"""Sealing the audit log, link by link, and finding what someone has done to it behind our back."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from itertools import islice

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from registry import audit
from registry.actor import Actor
from registry.exceptions import InvalidState
from registry.jobs.chain_head import Head, keep_head, missing_end, read_head
from registry.models import AuditEvent, AuditSeal

AT_ONCE = 1_000
"""Events that are sealed in one transaction, and that are read at once to be verified."""
LATE = 10_000
"""How many keys behind the last sealed event a new one may still appear: transactions end in any order."""
UNSEALED_FOR = timedelta(minutes=2)
"""After this time an event has its seal, if the clock runs: sealing is at most a minute behind."""

logger = logging.getLogger(__name__)


def seal_events() -> int:
    """Seal every event that has none, in the order of their keys, and return how many there were."""
    total = 0
    while True:
        try:
            sealed = _seal_some()
        except IntegrityError:
            return total  # another process is sealing at this moment
        total += sealed
        if sealed < AT_ONCE:
            return total


def find_tampering() -> str:
    """Name the first event, in sealing order, that was changed, removed or inserted; empty if there is none."""
    return _find_tampering(read_head())


def accept_chain() -> str:
    """Accept the chain in the database as whole although its head says otherwise, so that sealing goes on.

    Returns what was wrong, which an event notes too. InvalidState if nothing is, or more than the head is: an event
    that was changed is not accepted.
    """
    head = read_head()
    last = AuditSeal.objects.order_by("-number").first()
    finding = missing_end(last, head)
    if not finding:
        raise InvalidState("The head of the audit chain is as it should be: there is nothing to accept.")
    if tampering := _find_tampering(Head()):
        raise InvalidState(tampering)
    audit.chain_accepted(
        Actor(principal=User(user_name="system"), user_agent="manage.py verify_audit --accept"),
        before=str(head),
        now=f"{last.number} {last.mac}" if last is not None else "0",
        finding=finding,
    )
    keep_head(last)
    return finding


def _find_tampering(head: Head) -> str:
    before, expected = None, 1
    for seal, event in _sealed_events():
        if finding := _finding(before, expected, seal, event):
            return finding
        if seal.number == head.number and seal.mac != head.mac:
            return missing_end(seal, head)
        before, expected = seal, seal.number + 1
    return missing_end(before, head) or _unsealed(before)


def _seal_some() -> int:
    now, head = timezone.now(), read_head()
    with transaction.atomic():
        last = AuditSeal.objects.select_for_update().order_by("-number").first()
        if finding := missing_end(last, head):
            # Going on would make a new end of what is left, and hide that there was more.
            logger.error("Nothing is sealed: %s", finding)
            return 0
        seals: list[AuditSeal] = []
        for event in islice(_genuine(_waiting(last)), AT_ONCE):
            last = AuditSeal.after(last, event, now)
            seals.append(last)
        AuditSeal.objects.bulk_create(seals)
    if seals and last is not None:
        keep_head(last)
    return len(seals)


def _waiting(last: AuditSeal | None) -> QuerySet[AuditEvent]:
    """Events without a seal, in the order of their keys."""
    waiting = AuditEvent.objects.filter(seal=None).order_by("pk")
    return waiting.filter(pk__gt=last.event_id - LATE) if last is not None else waiting


def _genuine(waiting: QuerySet[AuditEvent]) -> Iterator[AuditEvent]:
    """Those of ``waiting`` that this server has written; all others are passed over, however many there are."""
    keys = waiting.values_list("pk", flat=True).iterator(chunk_size=AT_ONCE)
    while some := list(islice(keys, AT_ONCE)):
        events = AuditEvent.objects.readable(some)
        for key in some:
            event = events.get(key)
            if event is not None and event.is_genuine():
                yield event
            else:
                logger.error("Event %s was not written by this server, or has been changed. It is not sealed.", key)


def _sealed_events() -> Iterator[tuple[AuditSeal, AuditEvent | None]]:
    seals = AuditSeal.objects.order_by("number").iterator(chunk_size=AT_ONCE)
    while some := list(islice(seals, AT_ONCE)):
        events = AuditEvent.objects.readable([seal.event_id for seal in some])
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


def _unsealed(last: AuditSeal | None) -> str:
    """Whether there are events that this server has not written, or that every run has passed by."""
    keys = AuditEvent.objects.filter(seal=None).order_by("pk").values_list("pk", flat=True).iterator()
    while some := list(islice(keys, AT_ONCE)):
        events = AuditEvent.objects.readable(some)
        for key in some:
            event = events.get(key)
            if event is None or not event.is_genuine():
                return f"Event {event.uid if event else key} was inserted, or changed before it was sealed."
            if last is not None and key < last.event_id and event.at < last.sealed_at - UNSEALED_FOR:
                return f"Event {event.uid} lost its seal, or was inserted: {event}."
    return ""
