"""How metrics went, for charts: of a long course, as many points as a chart shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from registry.actor import Actor
from registry.exceptions import InvalidParameterValue
from registry.tracking.calls import call

RUNS = 20
"""Runs in one chart."""
_POINTS = 500
"""Points of each; MLflow chooses them, evenly by step and with the last one."""


@dataclass
class Course:
    """The points of one metric of a run, in the order of their steps; a value that isn't a number is None."""

    run_id: str
    steps: list[int] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """Seconds since 1970."""
    values: list[float | None] = field(default_factory=list)


def courses_of(*, actor: Actor, run_ids: Sequence[str], metric: str) -> list[Course]:
    """Return the course of a metric in each of several runs, in their order; empty for those that have none."""
    courses = {run_id: Course(run_id) for run_id in run_ids}
    if not 1 <= len(courses) <= RUNS:
        raise InvalidParameterValue(f"A chart shows 1 to {RUNS} runs.")
    answer = call(
        "GET", "metrics/get-history-bulk-interval", actor=actor,
        run_ids=list(courses), metric_key=metric, max_results=_POINTS,
    )  # fmt: skip
    for point in answer.get("metrics", ()):
        course, value = courses[point["run_id"]], float(point["value"])
        course.steps.append(int(point.get("step", 0)))
        course.times.append(int(point.get("timestamp", 0)) / 1000)
        course.values.append(value if math.isfinite(value) else None)
    return list(courses.values())
