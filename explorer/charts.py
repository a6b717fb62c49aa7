"""Line charts as numbers for SVG: drawn by the server, so that they need no script and follow the theme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 720, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 64, 16, 12, 28
_BUCKETS = 100
"""How many pieces a long course is cut into; of each, its lowest and its highest point are drawn."""
_LEAST, _MOST = 1e-12, 1e300
"""The difference, relative to the values themselves, from which on a course is drawn as one."""


@dataclass(frozen=True)
class Point:
    """A point in pixels, and what it stands for."""

    x: float
    y: float
    version: int
    value: float
    is_marked: bool


@dataclass(frozen=True)
class Tick:
    """A mark of an axis: its pixel, and what it stands for."""

    y: float
    value: float


@dataclass(frozen=True)
class Chart:
    """``points`` are those that are drawn, of the ``total`` of the course."""

    width: int
    height: int
    left: int
    right: int
    points: list[Point]
    ticks: list[Tick]
    path: str
    total: int


def line_chart(values: Sequence[tuple[int, float]], marked: set[int]) -> Chart:
    """Return the course of ``values`` (version, value) from left to right; the versions in ``marked`` stand out.

    Of a long course, only the points that give it its shape are drawn.
    """
    low, high = _range([value for _, value in values])
    span, scale = WIDTH - _LEFT - _RIGHT, max(abs(low), abs(high))  # first to one: of 1.7e308 no difference is finite

    def y(value: float) -> float:
        share = (high / scale - value / scale) / (high / scale - low / scale)
        return round(_TOP + (HEIGHT - _TOP - _BOTTOM) * share, 1)

    points = [
        Point(round(_LEFT + span * place / max(1, len(values) - 1), 1), y(value), version, value, version in marked)
        for place, (version, value) in _shaping(values, marked)
    ]
    path = " ".join(f"{'L' if place else 'M'}{point.x},{point.y}" for place, point in enumerate(points))
    ticks = [Tick(y(value), value) for value in (low, low / 2 + high / 2, high)]
    return Chart(WIDTH, HEIGHT, _LEFT, WIDTH - _RIGHT, points, ticks, path, len(values))


@dataclass(frozen=True)
class Dot:
    """A point of a scatter chart in pixels, and what it stands for."""

    x: float
    y: float
    values: tuple[float, float]
    label: str


@dataclass(frozen=True)
class Scatter:
    """``across`` and ``up`` are the marks of the two axes: pixels, and what they stand for."""

    width: int
    height: int
    left: int
    bottom: int
    dots: list[Dot]
    across: list[Tick]
    up: list[Tick]


def scatter(points: Sequence[tuple[float, float, str]]) -> Scatter:
    """Return ``points`` (x, y, label) in a plane that they fill."""
    height = 2 * HEIGHT
    xs, across = _placed([x for x, _, _ in points], _LEFT + 16, WIDTH - _RIGHT - 16)
    ys, up = _placed([y for _, y, _ in points], height - _BOTTOM - 16, _TOP + 16)
    dots = [Dot(left, top, (x, y), label) for (x, y, label), left, top in zip(points, xs, ys, strict=True)]
    return Scatter(WIDTH, height, _LEFT, height - _BOTTOM, dots, across, up)


def _placed(values: Sequence[float], first: float, last: float) -> tuple[list[float], list[Tick]]:
    """Where values lie between two pixels, and the marks of that axis."""
    low, high = _range(values)
    scale = max(abs(low), abs(high))

    def place(value: float) -> float:
        return round(first + (last - first) * (value / scale - low / scale) / (high / scale - low / scale), 1)

    return [place(value) for value in values], [Tick(place(v), v) for v in (low, low / 2 + high / 2, high)]


def _shaping(values: Sequence[tuple[int, float]], marked: set[int]) -> list[tuple[int, tuple[int, float]]]:
    """What to draw: all of a short course; of a long one the ends, what is marked, and each piece's extremes."""
    placed = list(enumerate(values))
    if len(placed) <= 2 * _BUCKETS:
        return placed
    drawn = {0, len(placed) - 1, *(place for place, (version, _) in placed if version in marked)}
    size = -(-len(placed) // _BUCKETS)

    def value(place: int) -> float:
        return values[place][1]

    for start in range(0, len(placed), size):
        piece = range(start, min(start + size, len(values)))
        drawn |= {min(piece, key=value), max(piece, key=value)}
    return [placed[place] for place in sorted(drawn)]


def _range(values: Sequence[float]) -> tuple[float, float]:
    """The lowest and the highest value, with room where they are the same."""
    low, high = min(values, default=0.0), max(values, default=1.0)
    if high > low and (high - low) > abs(high) * _LEAST:
        return low, high
    return low - (abs(low) * 0.1 or 1), high + (abs(high) * 0.1 or 1) * (abs(high) < _MOST)
