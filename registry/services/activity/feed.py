"""Following events: each follower has its own cursor, so that it processes each event exactly once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from django.db import transaction

from registry.models import AuditEvent, AuditSeal, EventCursor

AT_ONCE = 25
"""Events of one transaction: on SQLite all other writers wait for its end."""
ROUNDS = 10_000
TRIES = 3
"""How often an event is tried. One that fails each time is logged and skipped: what comes after it is not held up."""

logger = logging.getLogger(__name__)

Consumer = Callable[[AuditEvent], None]


def follow(name: str, consume: Consumer, *, at_once: int = AT_ONCE, rounds: int = ROUNDS) -> None:
    """Pass every sealed event that ``name`` is not done with to ``consume``, in the order of their seals.

    What ``consume`` writes to the database is committed together with the cursor, or not at all; whatever else it
    does may be repeated. A new follower begins after the newest seal. After so many transactions, of
    ``at_once`` events each, the rest is left to the next time.
    """
    newest = AuditSeal.objects.order_by("-number").values_list("number", flat=True).first() or 0
    cursor, _ = EventCursor.objects.get_or_create(name=name, defaults={"position": newest})
    for _ in range(rounds):
        if cursor.position >= newest or not _follow_some(cursor.pk, consume, at_once):
            return
        cursor.refresh_from_db()


@transaction.atomic
def _follow_some(key: int, consume: Consumer, at_once: int) -> bool:
    """Consume some events and move the cursor behind them; False if one is to be tried again later."""
    cursor = EventCursor.objects.select_for_update(no_key=True).get(pk=key)
    seals = list(AuditSeal.objects.filter(number__gt=cursor.position).order_by("number")[:at_once])
    # An event that was removed or changed by hand is missing here: verify_audit finds it.
    events = AuditEvent.objects.readable([seal.event_id for seal in seals])
    for seal in seals:
        event = events.get(seal.event_id)
        if event is not None and not _is_done(cursor, event, consume):
            break
        cursor.position, cursor.failures = seal.number, 0
    cursor.save(update_fields=["position", "failures"])
    return cursor.failures == 0


def _is_done(cursor: EventCursor, event: AuditEvent, consume: Consumer) -> bool:
    """Consume ``event``; False, and one more failure of the cursor, if it is to be tried again."""
    try:
        with transaction.atomic():
            consume(event)
    except Exception:
        cursor.failures += 1
        is_over = cursor.failures >= TRIES
        logger.exception(
            "%s: event %s failed, and is %s.", cursor.name, event.uid, "passed by" if is_over else "tried again"
        )
        return is_over
    return True
