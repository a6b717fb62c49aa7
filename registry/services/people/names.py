"""What people are called, by their names: pages say so where rows keep only the name.

It is kept in the process for a minute: a page has few people on it, and asks for none of them again.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from django.db.models.signals import post_delete, post_save
from django.dispatch import receiver

from accounts.models import User

_LASTS = 60.0
"""Seconds after which another process' change of a name is noticed."""
_MOST = 10_000
_KEPT: dict[str, tuple[float, str]] = {}


def called(name: str) -> str:
    """Return what the user or service principal of that name is called; the name, where there is none."""
    known = _KEPT.get(name)
    return known[1] if known is not None and known[0] >= time.monotonic() else _read({name})[name]


def prime(names: Iterable[str]) -> None:
    """Ask for those of ``names`` that are not kept, all at once: a list has many people on it."""
    now = time.monotonic()
    if missing := {name for name in names if name and _KEPT.get(name, (0.0, ""))[0] < now}:
        _read(missing)


def _read(names: set[str]) -> dict[str, str]:
    """Read what those of ``names`` are called, and keep it."""
    found = dict(User.objects.filter(user_name__in=names).values_list("user_name", "display_name"))
    read = {name: found.get(name) or name for name in names}
    if len(_KEPT) + len(read) > _MOST:
        _KEPT.clear()
    _KEPT.update({name: (time.monotonic() + _LASTS, words) for name, words in read.items()})
    return read


@receiver([post_save, post_delete], sender=User)
def forget(**signal: Any) -> None:
    """Ask again for everyone: a display name may have changed."""
    _KEPT.clear()
