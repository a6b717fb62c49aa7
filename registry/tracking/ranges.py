"""Sets of whole numbers as short text: ``1-3,7``. Pure text: both ends of the door read it."""

from __future__ import annotations

from collections.abc import Iterable


def write(numbers: Iterable[int]) -> str:
    """Return the text that represents ``numbers``."""
    ranges: list[list[int]] = []
    for number in sorted(set(numbers)):
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in ranges)


def parse(text: str) -> frozenset[int]:
    """Return the numbers that ``text`` represents; ValueError if it isn't ours."""
    numbers: set[int] = set()
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        numbers.update(range(int(first), int(last or first) + 1))
    return frozenset(numbers)
