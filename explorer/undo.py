"""What the next page says about a change, and how to take it back. Taking it back is an event of its own."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, cast

import orjson
from django.contrib.sessions.backends.base import SessionBase
from django.urls import reverse
from django.utils import timezone

from registry.exceptions import InvalidParameterValue, InvalidState
from registry.kinds import kind_of
from registry.models import Securable
from registry.privileges import Privilege
from registry.services.access.grants import GrantChange
from registry.services.shared.ownership import find_principal

_KEY = "toast"
LONGEST = 4_000
"""Characters of a text that can be brought back: a session holds them until the next page."""
_MOST = 20
"""Changes of grants that are taken back at once."""


class Toast(TypedDict):
    """What happened, and the form that reverses it, if there is one."""

    words: str
    address: str
    fields: dict[str, str]


def tell(session: SessionBase, words: str, address: str = "", **fields: str) -> None:
    """Have the next page say ``words``. Posting ``fields`` to ``address`` takes back what happened."""
    session[_KEY] = Toast(words=words, address=address, fields=fields)


def take(session: SessionBase) -> Toast | None:
    """Take what is to be said, once: the page that shows it is the only one."""
    return cast("Toast | None", session.pop(_KEY)) if _KEY in session else None


def waiting(session: SessionBase) -> Toast | None:
    """Return what is to be said, and leave it there."""
    return cast("Toast | None", session.get(_KEY))


def require_untouched(expected: str | None, now: str) -> None:
    """Raise InvalidState if an undo comes too late: what it takes back (``expected``, only of undos) is gone."""
    if expected is not None and _lines(expected) != _lines(now):
        raise InvalidState("Someone has changed this since. Nothing was undone.")


def _lines(text: str) -> list[str]:
    """Forms write the ends of lines as they like."""
    return text.splitlines()


def tell_grants(session: SessionBase, done: Sequence[tuple[Securable, GrantChange]]) -> None:
    """Say what was really granted and revoked, the USE of containers included."""
    if not done:
        tell(session, "Nothing changed: it was so already.")
        return
    words = "; ".join(_words(securable, change) for securable, change in done)
    undone = [
        [securable.securable_type.lower(), kind_of(securable).address_name(securable), str(change.principal),
         list(change.remove), list(change.add), change.ends_at.isoformat() if change.remove and change.ends_at else ""]
        for securable, change in done if change.add or change.remove
    ]  # fmt: skip
    address = reverse("undo-grants") if 0 < len(undone) <= _MOST else ""
    tell(session, f"{words}.", address, grants=orjson.dumps(undone).decode())


def reverse_of_grants(text: str) -> list[tuple[str, str, GrantChange]]:
    """Read what ``tell_grants`` has written: types and names of objects, and what to change on each."""
    try:
        rows = orjson.loads(text)
        if not isinstance(rows, list) or not 0 < len(rows) <= _MOST:
            raise InvalidParameterValue(f"1 to {_MOST} changes of grants are taken back at once.")
        changes = [
            (str(kind), str(name), _reverse(str(principal), add, remove, str(end)))
            for kind, name, principal, add, remove, end in rows
            if not end or datetime.fromisoformat(str(end)) > timezone.now()  # else it would have ended by now
        ]
    except (orjson.JSONDecodeError, TypeError, ValueError) as error:
        raise InvalidParameterValue("This is no change of grants.") from error
    if not changes:
        raise InvalidState("What was revoked has ended by now. Nothing was undone.")
    return changes


def _reverse(principal: str, add: Sequence[str], remove: Sequence[str], end: str) -> GrantChange:
    ends_at = datetime.fromisoformat(end) if end else None
    return GrantChange(find_principal(principal), _privileges(add), _privileges(remove), ends_at, is_exact=True)


def _privileges(names: Sequence[str]) -> tuple[Privilege, ...]:
    return tuple(Privilege.parse(str(name)) for name in names)


def _words(securable: Securable, change: GrantChange) -> str:
    parts = (("Granted", change.add, "to"), ("Extended", change.extended, "for"), ("Revoked", change.remove, "from"))
    return " and ".join(
        f"{verb} {', '.join(privilege.words for privilege in privileges)} on {securable.full_name} {word} "
        f"{change.principal}"
        for verb, privileges, word in parts
        if privileges
    )
