"""The head of the audit chain: number and MAC of a seal, noted in a file outside the database.

A chain alone does not show that its end was cut off. A head may be behind the database (another process seals too, with
a file of its own); what it notes must be there. It is written after the commit of that seal, so nothing but a database
that was set back, or that lost its end, has less than it notes.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings

from registry.durable import write_durably
from registry.models import AuditSeal

ACCEPT = "If that is meant (a backup of the database was restored), run manage.py verify_audit --accept."


@dataclass(frozen=True)
class Head:
    """``number`` is 0 where nothing is noted; ``problem`` says why a file that is there cannot be read."""

    number: int = 0
    mac: str = ""
    problem: str = ""

    def __str__(self) -> str:
        return f"{self.number} {self.mac}".strip() if not self.problem else "unreadable"


def read_head() -> Head:
    """Return what is noted. Read it before the seals: what is sealed in the meantime is no cause for alarm."""
    path = settings.AUDIT_HEAD
    try:
        number, _, mac = path.read_text().strip().partition(" ")
        return Head(int(number), mac)
    except FileNotFoundError:
        return Head()
    except (OSError, ValueError) as error:
        reason = "is empty" if isinstance(error, ValueError) and not path.stat().st_size else "cannot be read"
        return Head(problem=f"The head of the audit chain, {path}, {reason}. {ACCEPT}")


def keep_head(last: AuditSeal | None) -> None:
    """Note ``last`` as the end of the chain, so that it stays noted through a power cut."""
    head = Head(last.number, last.mac) if last is not None else Head()
    write_durably(settings.AUDIT_HEAD, f"{head}".encode())


def missing_end(last: AuditSeal | None, head: Head) -> str:
    """Say what is wrong if the chain does not go as far as its head, or has another seal there; empty if it does."""
    if head.problem or not head.number:
        return head.problem
    there = last.number if last is not None else 0
    if there < head.number:
        return f"The end of the chain was removed: {head.number - there} events after seal {there}. {ACCEPT}"
    if not AuditSeal.objects.filter(number=head.number, mac=head.mac).exists():
        return f"Seal {head.number} was replaced. {ACCEPT}"
    return ""
