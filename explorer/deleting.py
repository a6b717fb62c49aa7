"""What dialogs say before something is deleted, and the next page afterwards."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.db.models import QuerySet
from django.urls import reverse

from explorer import undo
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Alias, ModelVersion, Securable
from registry.services.trash import entries
from registry.services.versions import loads

_NAMED = 10
"""Aliases that are named; of more it is said how many there are."""


def lead(*sentences: str) -> str:
    """Return what a dialog says first: ``sentences`` (empty ones left out), and whether, and for how long, what is
    deleted can be restored."""
    days = settings.TRASH_KEPT_FOR.days
    end = f"It can be restored from the trash for {_days(days)}." if days else "This cannot be undone."
    return " ".join(filter(None, (*sentences, end)))


def who_misses_it(actor: Actor, securable: Securable, versions: QuerySet[ModelVersion]) -> str:
    """Return which aliases, and which loads of the last 30 days, say that ``versions`` in ``securable`` are in use.

    Nothing for users who may not delete that: they would learn of versions that they don't see.
    """
    if not authorization.allows(actor, Operation.READ_AUDIT_LOG, securable):
        return ""
    words = [what_breaks(Alias.objects.filter(model_version__in=versions).order_by("folded"))]
    number, last = loads.recent_loads(versions)
    if last is not None:
        words.append(f"Loaded {number} time{'' if number == 1 else 's'} in the last 30 days, last on {last}.")
    return " ".join(filter(None, words))


def what_breaks(aliases: QuerySet[Alias]) -> str:
    """Return what becomes of clients that load ``aliases``, which are deleted."""
    names = [f"@{name}" for name in dict.fromkeys(aliases.values_list("name", flat=True)[: _NAMED + 1])]
    if not names:
        return ""
    more = " and more" if len(names) > _NAMED else ""
    return f"Clients that load {', '.join(names[:_NAMED])}{more} will get an error."


def tell(session: SessionBase, actor: Actor, words: str, object_uid: UUID) -> None:
    """Have the next page say that an object was deleted, with a button that restores it."""
    entry = entries.list_trash(actor=actor).filter(object_uid=object_uid).first()
    if entry is None:
        undo.tell(session, f"{words}.")
        return
    kept = f"{words}. It is in the trash for {_days(settings.TRASH_KEPT_FOR.days)}."
    undo.tell(session, kept, reverse("restore-from-trash", args=[entry.uid]))


def _days(number: int) -> str:
    return f"{number} day{'' if number == 1 else 's'}"
