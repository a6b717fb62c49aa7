"""Sizes of files as people read them."""

from __future__ import annotations

_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


def readable(size: int) -> str:
    """Return a number of bytes with three digits that say something, and exactly where they do not tell all: «80.3 KB
    (82,246 bytes)»."""
    value, unit = float(size), 0
    while value >= 1024 and unit < len(_UNITS) - 1:
        value, unit = value / 1024, unit + 1
    return f"{value:.3g} {_UNITS[unit]} ({size:,} bytes)" if unit else f"{size} bytes"
