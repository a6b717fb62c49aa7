"""Refusals as events: the first ones of a minute one by one, all others folded into one.

How many there are is counted in the database for each principal, or for each address of unproved callers
(``DenialTally``), so the rows that an attacker can make in a minute have a limit, however many addresses there are.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from registry import limits
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.recording import subject_of
from registry.audit.recording import write as write_event
from registry.audit.sentences import counted
from registry.denials import Denial, DenialKind
from registry.models import AuditEvent, DenialTally, Securable

_FOLDED_AT_ONCE = frozenset({DenialKind.NO_CREDENTIAL})
"""What says too little for an event of its own: clients begin this way."""
_LATE = timedelta(seconds=10)
"""How long after its minute a tally may still be written to."""
_PRINCIPAL, _ADDRESS = "principal ", "address "

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """A denial, and who was denied."""

    actor: Actor
    denial: Denial

    @property
    def whose(self) -> str:
        """What it is counted under: who it is, if that was proved, and otherwise where it comes from."""
        return (
            f"{_PRINCIPAL}{self.actor.name}" if self.actor.is_proved else f"{_ADDRESS}{network_of(self.actor.address)}"
        )

    @property
    def words(self) -> str:
        return counted(_added({}, self))


def network_of(address: str) -> str:
    """Return what ``address`` is counted as: an address of IPv6 as its /64, which is what one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address[:64]
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is None:
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return address


def write(refusals: Sequence[Refusal], beyond: Mapping[DenialKind, int]) -> None:
    """Write ``refusals``, and how many there were ``beyond`` them; lookups of what is not there were not refusals."""
    pairs = [
        (refusal, subject) for refusal, subject in _with_subjects(refusals) if subject or not refusal.denial.is_lookup
    ]
    if not pairs and not beyond:
        return
    minute = timezone.now().replace(second=0, microsecond=0)
    with transaction.atomic():
        tallies = _Tallies(minute, [refusal for refusal, _ in pairs])
        for refusal, subject in pairs:
            if tallies.has_room(refusal):
                write_event(
                    refusal.actor, refusal.denial.action_name, subject, _parameters(refusal),
                    result=AuditEvent.Result.DENIED, error_message=refusal.denial.message[:1000],
                )  # fmt: skip
            else:
                tallies.fold(refusal)
        tallies.count_beyond(beyond)
        tallies.save()


def fold_denials(*, whole_minutes: bool = True) -> int:
    """Make an event of each tally whose minute is over, or of all, and return how many tallies there were."""
    over = timezone.now() - timedelta(minutes=1) - _LATE
    keys = DenialTally.objects.filter(**({"minute__lte": over} if whole_minutes else {})).order_by("pk")
    total = 0
    for key in list(keys.values_list("pk", flat=True)):
        with transaction.atomic():
            tally = DenialTally.objects.select_for_update().filter(pk=key).first()
            if tally is None:
                continue  # another process has just done it
            if tally.folded:
                _write_folded(tally)
            tally.delete()
        total += 1
    return total


class _Tallies:
    """The rows that a transaction counts in, held until it ends: the one of many addresses first, so that no two wait
    for each other."""

    def __init__(self, minute: datetime, refusals: Sequence[Refusal]) -> None:
        self.folded: dict[str, dict[str, Any]] = {}
        self.shared = DenialTally.hold(minute, [DenialTally.ELSEWHERE])[DenialTally.ELSEWHERE]
        whose = {refusal.whose for refusal in refusals}
        whose -= _without_row(minute, {name for name in whose if name.startswith(_ADDRESS)})
        self.rows = DenialTally.hold(minute, whose)

    def has_room(self, refusal: Refusal) -> bool:
        """Return whether there is room for one more event, and take it."""
        row = self._row_of(refusal)
        counting = [(row, limits.DENIALS_PER_MINUTE)] if row is not self.shared else []
        if not refusal.actor.is_proved:
            counting.append((self.shared, limits.DENIALS_OF_NOBODY_PER_MINUTE))
        has_room = all(tally.recorded < most for tally, most in counting)
        if refusal.denial.kind in _FOLDED_AT_ONCE or not has_room:
            return False
        for tally, _ in counting:
            tally.recorded += 1
        return True

    def fold(self, refusal: Refusal) -> None:
        row = self._row_of(refusal)
        _added(row.folded, refusal)
        _added(self.folded.setdefault(row.whose, {}), refusal)

    def count_beyond(self, beyond: Mapping[DenialKind, int]) -> None:
        """Count refusals of which nothing but the kind is known."""
        for kind, number in beyond.items():
            for counts in (self.shared.folded, self.folded.setdefault(self.shared.whose, {})):
                counts["count"] = counts.get("count", 0) + number
                kinds = counts.setdefault("kinds", {})
                kinds[kind] = kinds.get(kind, 0) + number

    def save(self) -> None:
        """Save the rows, and log what has no event of its own now."""
        for row in (self.shared, *self.rows.values()):
            row.save(update_fields=["recorded", "folded"])
        for whose, counts in self.folded.items():
            logger.warning("Denied to %s, and folded: %s.", whose, counted(counts))

    def _row_of(self, refusal: Refusal) -> DenialTally:
        return self.rows.get(refusal.whose, self.shared)


def _without_row(minute: datetime, addresses: set[str]) -> set[str]:
    """Those of ``addresses`` that get no row of their own in this minute: there are too many."""
    if not addresses:
        return set()
    rows = DenialTally.objects.filter(minute=minute, whose__startswith=_ADDRESS)
    new = sorted(addresses - set(rows.filter(whose__in=addresses).values_list("whose", flat=True)))
    room = max(0, limits.ADDRESSES_PER_MINUTE - rows.count()) if new else 0
    return set(new[room:])


def _with_subjects(refusals: Sequence[Refusal]) -> Iterator[tuple[Refusal, Securable | None]]:
    """Each of ``refusals`` with the object that it was about, each looked up once."""
    subjects: dict[tuple[Any, str], Securable | None] = {}
    for refusal in refusals:
        denial = refusal.denial
        named = denial.securable_type, denial.full_name.lower()
        if named not in subjects:
            subjects[named] = subject_of(denial)
        yield refusal, subjects[named]


def _parameters(refusal: Refusal) -> dict[str, str]:
    denial = refusal.denial
    parameters = {
        "kind": denial.kind.value,
        "full_name_arg": denial.full_name[:800],
        "method": denial.method,
        "token_id": refusal.actor.credential,
    }
    return {key: value for key, value in parameters.items() if value}


def _added(counts: dict[str, Any], refusal: Refusal) -> dict[str, Any]:
    """Count ``refusal`` in ``counts``: by kind, and by a limited number of everything else."""
    denial, actor = refusal.denial, refusal.actor
    counts["count"] = counts.get("count", 0) + 1
    seen = {
        "kinds": denial.kind.value,
        "operations": denial.action_name,
        "objects": denial.full_name,
        "principals": "" if actor.is_proved else actor.name,
        "addresses": actor.address,
        "tokens": actor.credential,
    }
    for what, value in seen.items():
        if not value:
            continue
        name, by_name = value[: limits.FOLDED_NAME_LENGTH], counts.setdefault(what, {})
        if name in by_name or what == "kinds" or len(by_name) < limits.FOLDED_DISTINCT:
            by_name[name] = by_name.get(name, 0) + 1
        else:
            others = counts.setdefault("others", {})
            others[what] = others.get(what, 0) + 1
    return counts


def _write_folded(tally: DenialTally) -> None:
    addresses = list(tally.folded.get("addresses", {}))
    name = tally.whose.removeprefix(_PRINCIPAL) if tally.whose.startswith(_PRINCIPAL) else ""
    who = Actor(principal=User(user_name=name), address=addresses[0] if len(addresses) == 1 else "")
    parameters = {
        **tally.folded,
        "since": tally.minute.isoformat(),
        "until": (tally.minute + timedelta(minutes=1)).isoformat(),
    }
    write_event(
        who,
        Action.FOLDED_DENIALS,
        None,
        parameters,
        result=AuditEvent.Result.DENIED,
        error_message=counted(parameters)[:1000],
    )
