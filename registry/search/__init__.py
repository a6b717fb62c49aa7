"""Searching: a filter and an order, as MLflow's clients write them, become a narrowed queryset and its keys.

What can be asked is in ``SEARCHES``, once for all dialects and for the browser's search box.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Model, Q, QuerySet

from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.models import Alias, ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag
from registry.models.filing import with_shown_name
from registry.names import completed, folded
from registry.search import lookups, words
from registry.search.conditions import (
    Condition,
    full_name,
    moment,
    number,
    one_of,
    reads_shown_name,
    tag,
    text,
)
from registry.search.grammar import TAGS, Comparison, parse
from registry.search.words import ranked

__all__ = ["asks_for", "from_words", "keys_of", "lookups", "ranked", "search", "words_of"]


@dataclass(frozen=True)
class Search:
    """What a kind of row can be asked for: conditions by key, columns to sort by (none is ever null), and the
    order where none is asked for. ``path`` leads from a row to its model; ``ties`` are what MLflow's server sorts by
    where what is asked for is equal."""

    conditions: dict[str, Condition]
    sortable: dict[str, str]
    default_order: tuple[str, ...]
    ties: tuple[str, ...]
    path: str = ""


def _owner(prefix: str = "") -> Condition:
    return text(f"{prefix}owner_user__user_name", f"{prefix}owner_group__name")


_REGISTERED_MODELS = Search(
    conditions={
        "words": words.of_models(),
        "name": full_name(),
        "comment": text("comment"),
        "description": text("comment"),
        "owner": _owner(),
        "alias": one_of(Alias.objects.all(), "folded", "registered_model", folded),
        "aliases": one_of(Alias.objects.all(), "folded", "registered_model", folded),
        TAGS: tag(RegisteredModelTag.objects.all()),
        "creation_timestamp": moment("created_at"),
        "last_updated_timestamp": moment("updated_at"),
    },
    sortable={
        "name": "filed_as",
        "creation_timestamp": "created_at",
        "last_updated_timestamp": "updated_at",
        "timestamp": "updated_at",  # as MLflow's clients are instructed to write it
    },
    default_order=("filed_as",),
    ties=("filed_as",),
)
_MODEL_VERSIONS = Search(
    conditions={
        "words": words.of_versions(),
        "name": full_name("registered_model__"),
        "version_number": number("version"),
        "run_id": text("run_id"),
        "source_path": text("source"),
        "status": text("status", fold=str.upper),
        "comment": text("comment"),
        "description": text("comment"),
        "owner": _owner("registered_model__"),
        "alias": one_of(Alias.objects.all(), "folded", "model_version", folded),
        "aliases": one_of(Alias.objects.all(), "folded", "model_version", folded),
        TAGS: tag(ModelVersionTag.objects.all()),
        "creation_timestamp": moment("created_at"),
        "last_updated_timestamp": moment("updated_at"),
    },
    sortable={
        "name": "registered_model__filed_as",
        "version_number": "version",
        "creation_timestamp": "created_at",
        "last_updated_timestamp": "updated_at",
    },
    default_order=("-updated_at",),
    ties=("registered_model__filed_as", "-version"),
    path="registered_model__",
)
SEARCHES: dict[type[Model], Search] = {RegisteredModel: _REGISTERED_MODELS, ModelVersion: _MODEL_VERSIONS}

_KEYS = "|".join(sorted({"attributes?", *_REGISTERED_MODELS.conditions, *_MODEL_VERSIONS.conditions} - {TAGS}))
_FILTER_SIGN = re.compile(
    rf"""[<>] | =\s*['"(\d] | \b(I?LIKE|IN)\b\s*['"(]             # a comparison
    | ^\s*({_KEYS}|tags?)(\.\S+)?\s*(!?=|\b(I?LIKE|IN|NOT)\b)   # the beginning of one
    | \bAND\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_ORDER = re.compile(r"`?(?:attributes?\.)?`?(?P<key>\w+)`?(?:\s+(?P<direction>ASC|DESC))?", re.IGNORECASE)


def words_of(text: str) -> list[str]:
    """Return the words that ``text`` in a search box has; none where it is a filter, even an unfinished one."""
    return [] if _FILTER_SIGN.search(text) else text.split()


def from_words(text: str, *, is_any: bool = False) -> str:
    """Return the filter meant by users who type ``text`` into a search box: a filter, or all words (any of them)."""
    words = [word.replace("'", "''") for word in words_of(text)]
    if not words:
        return text
    if is_any:
        listed = ", ".join(f"'{word}'" for word in words)
        return f"words IN ({listed})"
    return f"words = '{' '.join(words)}'"


def keys_of(model: type[Model], order_by: Sequence[str], *, as_mlflow: bool = False) -> tuple[str, ...]:
    """Return the keyset that ``order_by`` (``["name ASC", …]``) asks for: columns, and the row's own key last.

    ``as_mlflow``: what is equal in them comes in the order of MLflow's own server.
    """
    keys: list[str] = []
    for item in order_by[: limits.ORDER_KEYS]:
        match = _ORDER.fullmatch(item.strip())
        column = SEARCHES[model].sortable.get(match["key"].lower()) if match else None
        if match is None or column is None:
            known = ", ".join(sorted(SEARCHES[model].sortable))
            raise InvalidParameterValue(f"Invalid order_by {item!r}: expected one of {known}, and ASC or DESC.")
        if column not in [key.lstrip("-") for key in keys]:
            keys.append(f"-{column}" if (match["direction"] or "").upper() == "DESC" else column)
    keys = keys or list(SEARCHES[model].default_order)
    if as_mlflow:
        sorted_by = {key.lstrip("-") for key in keys}
        keys += [tie for tie in SEARCHES[model].ties if tie.lstrip("-") not in sorted_by]
    # The same direction as the last key: an index serves both.
    return (*keys, "-pk" if keys[-1].startswith("-") else "pk")


def search(rows: QuerySet[Any], text: str, namespace: Sequence[str] = ()) -> QuerySet[Any]:
    """Narrow ``rows`` to those that the filter ``text`` asks for. Names that are not full begin in ``namespace``."""
    conditions, combined = SEARCHES[rows.model].conditions, Q()
    comparisons = [_completed(comparison, namespace) for comparison in parse(text)]
    if not comparisons:
        return rows
    if any(map(reads_shown_name, comparisons)):
        rows = with_shown_name(rows, SEARCHES[rows.model].path)
    for comparison in comparisons:
        condition = conditions.get(comparison.key)
        if condition is None:
            comparison.refuse(f"one of {', '.join(sorted({*conditions} - {TAGS}))} or tags.<key>")
        combined &= condition(comparison)
    return rows.filter(combined)


def _completed(comparison: Comparison, namespace: Sequence[str]) -> Comparison:
    """The comparison with full names. A pattern that begins with anything may begin with any catalog."""
    if comparison.key != "name":
        return comparison
    values = (v if v.startswith("%") else completed(v, namespace) for v in comparison.values)
    return replace(comparison, values=tuple(values))


def asks_for(text: str, key: str) -> bool:
    """Return whether the filter ``text`` has a comparison of ``key``."""
    return any(comparison.key == key for comparison in parse(text))
