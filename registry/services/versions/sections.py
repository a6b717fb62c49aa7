"""Facts of several versions, or runs, side by side: a row per fact, a section per kind of fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose, isfinite

from registry.services.versions.metric_directions import Better, direction_of

_TOLERANCE = 1e-9
"""Relative; values that differ by less differ only by how a computer calculates, and count as the same."""


@dataclass(frozen=True)
class Row:
    """One fact of each version, as texts in their order; None where a version does not have it.

    ``deltas`` (of metrics) are the differences to the first version, None for the first itself.
    """

    name: str
    values: list[str | None]
    deltas: list[float | None] = field(default_factory=list)

    @property
    def is_different(self) -> bool:
        deltas = self.deltas or [None] * len(self.values)
        return any(v != self.values[0] and d != 0 for v, d in zip(self.values, deltas, strict=True))

    @property
    def better(self) -> Better | None:
        """In which direction this improves, if it is a metric whose name shows it."""
        return direction_of(self.name) if self.deltas else None

    @property
    def cells(self) -> list[Cell]:
        """Each value with its difference to the first and what that means."""
        deltas = self.deltas or [None] * len(self.values)
        return [Cell(v, d, _verdict(d, self.better)) for v, d in zip(self.values, deltas, strict=True)]


@dataclass(frozen=True)
class Cell:
    """``verdict``: better, worse, or nothing if that is unknown or nothing has changed."""

    value: str | None
    delta: float | None
    verdict: str


@dataclass(frozen=True)
class Section:
    name: str
    rows: list[Row]
    unreadable: bool = False
    """Whether the caller may not read this of one of the versions: then it is compared for none."""

    @property
    def differences(self) -> list[Row]:
        return [row for row in self.rows if row.is_different]


def section(name: str, facts: Sequence[Mapping[str, str]]) -> Section:
    """Return the union of the names, in the order in which the versions have them."""
    names = dict.fromkeys(name for of_version in facts for name in of_version)
    return Section(name, [Row(key, [of_version.get(key) for of_version in facts]) for key in names])


def metrics_section(facts: Sequence[Mapping[str, float]]) -> Section:
    """Return the metrics by name, with their differences to the first version's."""
    names = sorted({name for of_version in facts for name in of_version})
    return Section("Metrics", [_metric(name, [of_version.get(name) for of_version in facts]) for name in names])


def _metric(name: str, values: Sequence[float | None]) -> Row:
    deltas = [_delta(values[0], value) for value in values[1:]]
    return Row(name, [None if value is None else repr(value) for value in values], [None, *deltas])


def _delta(first: float | None, value: float | None) -> float | None:
    if first is None or value is None:
        return None
    if first == value or isclose(first, value, rel_tol=_TOLERANCE, abs_tol=1e-12):
        return 0.0
    return value - first if isfinite(value - first) else None


def _verdict(delta: float | None, better: Better | None) -> str:
    if not delta or better is None:
        return ""
    return "better" if (delta > 0) == (better is Better.HIGHER) else "worse"
