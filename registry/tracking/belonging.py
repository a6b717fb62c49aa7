"""Which experiments the ids in a request belong to. Runs and logged models never move, so what is known of them once
is known for good; a trace may be deleted, and created again under its id elsewhere."""

from __future__ import annotations

from collections.abc import Collection
from threading import Lock

from registry.attached import is_attached
from registry.exceptions import TrackingUnavailable
from registry.tracking import wire
from registry.tracking.attached import belonging as attached

_MOST_KEPT = 20_000
"""Ids that a process remembers."""

_known: dict[tuple[str, str], int] = {}
_lock = Lock()


def experiments_of(ids: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the id of the experiment of each of ``ids`` (``run``, ``model`` or ``trace``, and the id); not for unknown
    ones."""
    found = {each: _known[each] for each in ids if each in _known}
    if missing := [each for each in ids if each not in found]:
        asked: dict[str, list[str]] = {}
        for kind, key in missing:
            asked.setdefault(kind, []).append(key)
        answer = attached.experiments_of(asked) if is_attached() else _ask(asked)
        new = {(kind, key): number for kind, keys in answer.items() for key, number in keys.items()}
        _remember({each: number for each, number in new.items() if each[0] != "trace"})
        found |= new
    return found


def _ask(asked: dict[str, list[str]]) -> dict[str, dict[str, int]]:
    answer = wire.ask("POST", "belonging", scope="*", body=asked)
    if answer.status != 200:
        raise TrackingUnavailable("The part of this server that keeps runs cannot say what belongs where.")
    return answer.json()


def _remember(new: dict[tuple[str, str], int]) -> None:
    with _lock:
        if len(_known) + len(new) > _MOST_KEPT:
            _known.clear()
        _known.update(new)
