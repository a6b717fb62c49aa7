"""Times as people read them: how long ago, with the exact moment in the title."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))
_RELATIVE = timedelta(days=30)
"""Times that are farther away are dates."""


def when(at: datetime | None, *, empty: str = "–") -> SafeString | str:
    """Return ``at`` as a ``<time>``: «3 hours ago», with the exact time in UTC in its title; ``empty`` for None.

    ``static/js/times.js`` adds the reader's own time to the title.
    """
    if at is None:
        return empty
    exact = f"{at.astimezone(UTC):%-d %b %Y, %H:%M:%S} UTC"
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, relative(at))


def relative(at: datetime) -> str:
    """Return how long ago ``at`` was, or in how long it will be; a date, if that is more than a month."""
    away = timezone.now() - at
    if abs(away) >= _RELATIVE:
        return f"{at.astimezone(UTC):%-d %b %Y}"
    seconds = int(abs(away).total_seconds())
    for unit, length in _UNITS:
        if count := seconds // length:
            words = f"{count} {unit}{'' if count == 1 else 's'}"
            return f"{words} ago" if away > timedelta() else f"in {words}"
    return "just now" if away > timedelta() else "in less than a minute"


def duration(seconds: int) -> str:
    """Return seconds as people say them: 40 s, 3 min, 2 h."""
    if seconds < 100:
        return f"{seconds} s"
    return f"{round(seconds / 60)} min" if seconds < 100 * 60 else f"{round(seconds / 3600)} h"


def took(seconds: float) -> str:
    """Return how long something took: 0.4 s, 40 s, 3 min, 2 h."""
    return f"{seconds:.1f} s" if seconds < 10 else duration(round(seconds))


def moment_after(at: datetime) -> str:
    """Return the first whole second at which what happened at ``at`` has happened, as forms take it."""
    return f"{at.astimezone(UTC) + timedelta(seconds=1):%Y-%m-%dT%H:%M:%S}"
