"""What a comparison means for a kind of column: text, numbers, moments, and values of which there are several."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from registry import limits
from registry.models.filing import SHOWN_NAME, named
from registry.names import FullName, folded
from registry.search.grammar import Comparison, Operator

Condition = Callable[[Comparison], Q]

PROMPT_TAG = "mlflow.prompt.is_prompt"
"""MLflow's plain client adds ``tag.`mlflow.prompt.is_prompt` != 'true'`` to every search, and means all models
without that tag. (No model of ours can have it: the keys of tags have no periods.)"""

FEW = 1_000
"""If a table has fewer rows than this, they are looked up before what they belong to."""
_NEGATIONS = (Operator.NOT_EQUAL, Operator.NOT_IN)
_EQUALITIES = (Operator.EQUAL, Operator.NOT_EQUAL)
_SYMBOLS = {
    Operator.LESS: "lt",
    Operator.LESS_OR_EQUAL: "lte",
    Operator.GREATER: "gt",
    Operator.GREATER_OR_EQUAL: "gte",
}


def text(*columns: str, fold: Callable[[str], str] = str) -> Condition:
    """Compare text in one of ``columns``; where there are several, a negation means all of them."""

    def condition(comparison: Comparison) -> Q:
        matches = Q()
        for column in columns:
            matches |= _positive(comparison, column, [fold(value) for value in comparison.values])
        return ~matches if comparison.operator in _NEGATIONS else matches

    return condition


def full_name(path: str = "") -> Condition:
    """Compare the full name of a model, to which ``path`` leads. An equal one is found by its three names."""
    alike = text(SHOWN_NAME, fold=folded)

    def condition(comparison: Comparison) -> Q:
        if comparison.operator not in _EQUALITIES:
            return alike(comparison)
        parts = folded(comparison.values[0]).split(".")
        matches = named(FullName(*parts), path) if len(parts) == 3 else Q(pk__in=())
        return ~matches if comparison.operator in _NEGATIONS else matches

    return condition


def reads_shown_name(comparison: Comparison) -> bool:
    """Return whether the condition of ``comparison`` reads ``SHOWN_NAME``, which the rows then must have."""
    return comparison.key == "words" or (comparison.key == "name" and comparison.operator not in _EQUALITIES)


def number(column: str) -> Condition:
    """Compare a whole number by size."""

    def condition(comparison: Comparison) -> Q:
        values = _integers(comparison)
        if comparison.operator in _SYMBOLS:
            return Q(**{f"{column}__{_SYMBOLS[comparison.operator]}": values[0]})
        matches = Q(**{f"{column}__in": values})
        return ~matches if comparison.operator in _NEGATIONS else matches

    return condition


def moment(column: str) -> Condition:
    """Compare a time in milliseconds since 1970. The column is finer, so a value means all of its millisecond."""

    def condition(comparison: Comparison) -> Q:
        try:
            spans = [(_moment(value), _moment(value + 1)) for value in _integers(comparison)]
        except (ValueError, OverflowError, OSError):
            comparison.refuse("milliseconds since 1970 after this key")
        begin, end = spans[0]
        if comparison.operator in (Operator.LESS, Operator.GREATER_OR_EQUAL):
            return Q(**{f"{column}__{_SYMBOLS[comparison.operator]}": begin})
        if comparison.operator == Operator.LESS_OR_EQUAL:
            return Q(**{f"{column}__lt": end})
        if comparison.operator == Operator.GREATER:
            return Q(**{f"{column}__gte": end})
        matches = Q()
        for begin, end in spans:
            matches |= Q(**{f"{column}__gte": begin, f"{column}__lt": end})
        return ~matches if comparison.operator in _NEGATIONS else matches

    return condition


def one_of(rows: QuerySet[Any], column: str, owner: str, fold: Callable[[str], str] = str) -> Condition:
    """Compare values of which a row has several, in their own table: any of them; a negation means none of them."""

    def condition(comparison: Comparison) -> Q:
        positive = _positive(comparison, column, [fold(value) for value in comparison.values])
        matches = having(rows.filter(positive), owner)
        return ~matches if comparison.operator in _NEGATIONS else matches

    return condition


def tag(rows: QuerySet[Any]) -> Condition:
    """Compare the value of a tag. As with MLflow, what has no such tag matches no comparison, nor its negation."""

    def condition(comparison: Comparison) -> Q:
        if comparison.tag == PROMPT_TAG and comparison.operator == Operator.NOT_EQUAL:
            return Q()
        return having(rows.filter(text("value")(comparison), key=comparison.tag), "subject")

    return condition


def having(rows: QuerySet[Any], owner: str) -> Q:
    """Return what one of ``rows`` belongs to.

    Where the rows are few, their owners are found first; where they are many, each owner is asked whether it has one.
    A database's planner does not know which: it is looked up here, as far as that is cheap.
    """
    if len(rows.order_by().values_list("pk")[:FEW]) < FEW:
        return Q(pk__in=rows.values(owner))
    return Q(Exists(rows.filter(**{owner: OuterRef("pk")})))


def _integers(comparison: Comparison) -> list[int]:
    """The values as whole numbers that a database can hold."""
    if comparison.operator in (Operator.LIKE, Operator.ILIKE):
        comparison.refuse(f"a comparison by size for {comparison.key}, which is a number")
    try:
        values = [int(value) for value in comparison.values]
    except ValueError:
        comparison.refuse("a whole number after this key")
    if any(abs(value) >= 2**63 for value in values):
        comparison.refuse("a smaller number after this key")
    return values


def _moment(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def _positive(comparison: Comparison, column: str, values: list[str]) -> Q:
    operator = comparison.operator
    if operator in (Operator.EQUAL, Operator.NOT_EQUAL):
        return Q(**{column: values[0]})
    if operator in (Operator.IN, Operator.NOT_IN):
        return Q(**{f"{column}__in": values})
    if operator in (Operator.LIKE, Operator.ILIKE):
        if len(values[0]) > limits.FILTER_PATTERN_LENGTH:
            comparison.refuse(f"a pattern of at most {limits.FILTER_PATTERN_LENGTH} characters")
        return Q(**{f"{column}__{operator.lower()}": values[0]})
    return comparison.refuse(f"=, !=, LIKE, ILIKE, IN or NOT IN for {comparison.key}, which is text")
