"""What has been refused, on its way into the audit log.

A refusal is noted in memory while its request is answered, and written afterwards by the first who can write, many
at once: no answer waits for that, or takes longer where there was something to hide.
"""

from __future__ import annotations

import logging
from collections import Counter, deque
from dataclasses import replace
from threading import Lock

from django.db import OperationalError

from registry import limits
from registry.actor import Actor
from registry.audit.folding import Refusal, write
from registry.denials import Denial, DenialKind

AT_ONCE = 200
"""Refusals that are written in one transaction."""

logger = logging.getLogger(__name__)


class _Pending:
    """Refusals that wait to be written. Their number has a limit; of more than that the kinds are counted."""

    def __init__(self) -> None:
        self.waiting: deque[Refusal] = deque()
        self.beyond: Counter[DenialKind] = Counter()
        self.lock, self.writing = Lock(), Lock()

    def __bool__(self) -> bool:
        return bool(self.waiting or self.beyond)

    def add(self, refusal: Refusal) -> None:
        with self.lock:
            if len(self.waiting) < limits.PENDING_DENIALS:
                self.waiting.append(refusal)
            else:
                self.beyond[refusal.denial.kind] += 1

    def take(self) -> tuple[list[Refusal], Counter[DenialKind]]:
        with self.lock:
            some = [self.waiting.popleft() for _ in range(min(AT_ONCE, len(self.waiting)))]
            beyond, self.beyond = self.beyond, Counter()
        return some, beyond

    def put_back(self, some: list[Refusal], beyond: Counter[DenialKind]) -> None:
        with self.lock:
            self.waiting.extendleft(reversed(some))
            self.beyond += beyond


_pending = _Pending()


def refused(
    actor: Actor, kind: DenialKind, action_name: str, name: str = "", message: str = "", method: str = ""
) -> None:
    """Note a refusal that no rule of authorization has made: of a token, a password, a signed URL, a form.

    ``actor`` is the caller, or ``Actor.of_nobody``; ``name``, what it was about.
    """
    actor.denials.append(Denial(kind, action_name, None, name, message, method=method))
    take_denials(actor)


def take_denials(actor: Actor) -> None:
    """Take what has been refused to ``actor`` since the last time, to be written later; each thing once."""
    noted, actor.denials[:] = dict.fromkeys(actor.denials), []
    if noted:
        snapshot = replace(actor, held={}, denials=[])
        for denial in noted:
            # No database keeps a NUL; no object is named with one.
            _pending.add(Refusal(snapshot, replace(denial, full_name=denial.full_name.replace("\0", "\ufffd"))))


def has_pending() -> bool:
    """Return whether there is anything to write."""
    return bool(_pending)


def write_pending() -> None:
    """Write what is pending, unless another thread is doing so already, which then writes this too.

    What cannot be written now is kept for the next time; what can never be written is only in the log.
    """
    while _pending and _pending.writing.acquire(blocking=False):
        try:
            if not _write_some():
                return
        finally:
            _pending.writing.release()


def record_denials(actor: Actor) -> None:
    """Write what has been refused to ``actor``, at once: for processes that answer no request."""
    take_denials(actor)
    write_pending()


def _write_some() -> bool:
    some, beyond = _pending.take()
    try:
        write(some, beyond)
    except OperationalError:
        logger.exception("Denials could not be written; %d wait for the next time.", len(some))
        _pending.put_back(some, beyond)
        return False
    except Exception:
        logger.exception("Denials could not be written together.")
        _write_one_by_one(some, beyond)
    return True


def _write_one_by_one(some: list[Refusal], beyond: Counter[DenialKind]) -> None:
    """Write what can be written: one that cannot be takes no others with it."""
    parts: list[tuple[list[Refusal], Counter[DenialKind]]] = [([one], Counter()) for one in some]
    for one, kinds in [*parts, ([], beyond)]:
        try:
            write(one, kinds)
        except Exception:
            logger.exception("Denied, and not recorded: %s.", [refusal.words for refusal in one] or dict(kinds))
