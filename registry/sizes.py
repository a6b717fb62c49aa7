"""Sizes of files as people read them."""

from __future__ import annotations

_KILO = 1024
_UNITS = ("bytes", "KB", "MB", "GB", "TB", "PB")


def exact(size: int) -> str:
    """Return a number of bytes as people read it, and exactly where that is not all: «80.3 KB (82,246 bytes)»."""
    return readable(size) if size < _KILO else f"{readable(size)} ({size:,} bytes)"


def readable(size: int) -> str:
    """Return a number of bytes with three digits that say something: «80.3 KB»."""
    value, unit = float(size), 0
    while value >= _KILO and unit < len(_UNITS) - 1:
        value, unit = value / _KILO, unit + 1
    return f"{value:.3g} {_UNITS[unit]}" if unit else f"{size} byte{'' if size == 1 else 's'}"
