"""The Range header of a download (RFC 9110, section 14), as far as clients use it: one range of bytes."""

from __future__ import annotations

import re

_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class UnsatisfiableRange(Exception):
    """The range is outside the file."""


def read_range(header: str, size: int) -> tuple[int, int] | None:
    """Return the first byte and the number of bytes asked for; None when the whole file is.

    A header in another form, or with several ranges, is ignored, as the RFC allows.
    """
    match = _RANGE.fullmatch(header.strip())
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size)
        start, end = size - length, size
    else:
        start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= end:
        raise UnsatisfiableRange
    return start, end - start
