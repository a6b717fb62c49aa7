"""The offer to take the last move of an alias back, on the page that comes next. Taking it is an event of its own."""

from __future__ import annotations

from typing import TypedDict, cast

from django.contrib.sessions.backends.base import SessionBase
from django.urls import reverse

from registry.models import RegisteredModel

_KEY = "undo"


class Undo(TypedDict):
    """What happened, and the form that reverses it."""

    words: str
    address: str
    fields: dict[str, str]


def offer_undo(
    session: SessionBase, model: RegisteredModel, alias: str, *, before: int | None, now: int | None
) -> None:
    """Remember how to set ``alias`` back to ``before`` (None: it was not there)."""
    if before == now:
        return
    if now is None:
        words = f"@{alias} was removed from version {before}."
    else:
        words = f"@{alias} moved from version {before} to {now}." if before else f"@{alias} was set to version {now}."
    name = "set-registered-model-alias" if before else "delete-registered-model-alias"
    address = reverse(name, args=[model.name_parts])
    fields = {"alias": alias, "expected": str(now or 0), **({"version": str(before)} if before else {})}
    session[_KEY] = Undo(words=words, address=address, fields=fields)


def take_offer(session: SessionBase) -> Undo | None:
    """Take the offer, once: the page that shows it is the only one."""
    return cast("Undo | None", session.pop(_KEY)) if _KEY in session else None
