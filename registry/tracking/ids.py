"""The ids in a request: where a route says that they are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from registry.exceptions import InvalidParameterValue
from registry.tracking.routes import Route

MOST = 10_000
"""Ids in one request."""
_LONGEST = 250
"""Characters of an id: MLflow's longest column."""
_KINDS = {
    "experiment": "experiment",
    "run": "run",
    "source_run": "run",
    "model": "model",
    "trace": "trace",
    "request": "trace",
}
"""What an id identifies, by the name of its field."""

Id = tuple[str, str]
"""``experiment``, ``run``, ``model`` or ``trace``, and the id."""


def ids_in(params: dict[str, Any], fields: Iterable[str]) -> list[Id]:
    """Return the ids at ``fields``, each once and in order; InvalidParameterValue if there are too many."""
    ids: dict[Id, None] = {}
    for field in fields:
        kind = _kind_of(field)
        for value in _values(params, field.split(".")):
            if value != "":
                ids[kind, _checked(value)] = None
    if len(ids) > MOST:
        raise InvalidParameterValue(f"A request names at most {MOST} runs, models, traces or experiments.")
    return list(ids)


def keep_experiments(params: dict[str, Any], route: Route, kept: set[str]) -> None:
    """Reduce a search to the items that name only experiments in ``kept``, in one spelling."""
    (field,) = route.ids
    name, _, inside = field.partition(".")
    path = inside.split(".") if inside else []
    items = [item for spelling in {name, camel(name)} for item in _as_list(params.pop(spelling, None))]
    params[name] = [item for item in items if (named := {*map(str, _values(item, path))}) and named <= kept]


def _checked(value: Any) -> str:
    """Return an id as text. Anything that isn't MLflow's is refused before a database is asked for it."""
    text = value if isinstance(value, str) else str(value)[: _LONGEST + 1]
    if len(text) > _LONGEST or not text.isprintable():
        raise InvalidParameterValue("An id has control characters, or is too long.")
    return text


def _kind_of(field: str) -> str:
    name = field.rpartition(".")[2].removesuffix("s")
    return _KINDS[name.removesuffix("_id").removesuffix("_uuid")]


def _values(value: Any, names: list[str]) -> Iterator[Any]:
    """Yield what is at ``names`` below ``value``; every item of lists on the way."""
    for item in _as_list(value):
        if not names:
            yield item
        elif isinstance(item, dict):
            for spelling in {names[0], camel(names[0])}:
                if item.get(spelling) is not None:
                    yield from _values(item[spelling], names[1:])


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def camel(name: str) -> str:
    """Spell a name as protobuf's JSON may: MLflow reads both."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))
