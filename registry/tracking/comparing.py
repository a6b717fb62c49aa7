"""Runs side by side: params, metrics and tags, and what differs."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from registry.actor import Actor
from registry.exceptions import InvalidParameterValue
from registry.services.versions.sections import Section, metrics_section, section
from registry.tracking import runs
from registry.tracking.courses import RUNS as MOST
from registry.tracking.runs import Run

LEAST = 2


def find_runs(*, actor: Actor, run_ids: Sequence[str]) -> list[Run]:
    """Return the runs with these ids, each once and in their order."""
    distinct = list(dict.fromkeys(run_ids))
    if not LEAST <= len(distinct) <= MOST:
        raise InvalidParameterValue(f"{LEAST} to {MOST} runs are compared: select them in the table of an experiment.")
    return [runs.get_run(actor=actor, run_id=run_id) for run_id in distinct]


def compare_runs(found: Sequence[Run]) -> list[Section]:
    """Return what is the same and what differs, with the first run as the reference for all others."""
    values = [{name: metric.value for name, metric in run.metrics.items()} for run in found]
    return [
        section("About", [_about(run) for run in found]),
        section("Parameters", [run.params for run in found]),
        metrics_section(values),
        section("Tags", [{tag.key: tag.value for tag in run.own_tags} for run in found]),
        section("Datasets", [{dataset.name: dataset.digest for dataset in run.datasets} for run in found]),
    ]


def numbers_of(found: Sequence[Run]) -> dict[str, dict[str, float]]:
    """Return the values of the runs that are numbers, ``metrics.…`` and ``params.…`` by name, and then by run."""
    axes: dict[str, dict[str, float]] = {}
    for run in found:
        for name, metric in run.metrics.items():
            _put(axes, f"metrics.{name}", run, metric.value)
        for name, text in run.params.items():
            _put(axes, f"params.{name}", run, text)
    return dict(sorted(axes.items()))


def _put(axes: dict[str, dict[str, float]], name: str, run: Run, value: float | str) -> None:
    try:
        number = float(value)
    except ValueError:
        return
    if math.isfinite(number):
        axes.setdefault(name, {})[run.run_id] = number


def _about(run: Run) -> Mapping[str, str]:
    facts = {
        "Status": run.status.capitalize(),
        "User": run.user,
        "Started": f"{run.started_at:%Y-%m-%d %H:%M:%S} UTC" if run.started_at else "",
        "Duration": f"{run.seconds:.1f} s" if run.seconds is not None else "",
        "Source": run.source,
        "Git commit": run.commit,
    }
    return {name: value for name, value in facts.items() if value}
