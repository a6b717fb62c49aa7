"""The filter language of MLflow's search: comparisons joined by AND.

    name LIKE 'prod.%' AND tags.team = 'risk' AND aliases IN ('champion', 'challenger')

Read into comparisons here; what the keys mean is defined next to this module, one module per thing that is searched.
Errors say at which character what was expected.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, NoReturn

from lark import Token, Transformer, UnexpectedInput, UnexpectedToken

from registry import limits
from registry.exceptions import InvalidParameterValue
from registry.language import Language


class Operator(StrEnum):
    EQUAL = "="
    NOT_EQUAL = "!="
    LIKE = "LIKE"
    ILIKE = "ILIKE"
    IN = "IN"
    NOT_IN = "NOT IN"
    LESS = "<"
    LESS_OR_EQUAL = "<="
    GREATER = ">"
    GREATER_OR_EQUAL = ">="


@dataclass(frozen=True)
class Comparison:
    """``<key> <operator> <values>``: one value, or several after IN. ``tag`` is the tag's key where it is about one."""

    filter: str
    position: int
    key: str
    tag: str | None
    operator: Operator
    values: tuple[str, ...]

    def refuse(self, expected: str) -> NoReturn:
        raise _error(self.filter, self.position, expected)


TAGS = "tags.<key>"
"""The key of a comparison of a tag; no word that users write by itself is this one."""


def parse(text: str) -> list[Comparison]:
    """Read a filter; an empty one has no comparisons."""
    if "\0" in text:
        raise _error(text, text.index("\0"), "no NUL character")
    if len(text) > limits.FILTER_LENGTH:
        raise InvalidParameterValue(f"A filter has at most {limits.FILTER_LENGTH} characters.")
    try:
        comparisons = _LANGUAGE.read(text)
    except UnexpectedInput as error:
        raise _refusal(text, error) from error
    except _BadPrefix as error:
        raise _error(text, error.position, error.expected) from error
    return [replace(comparison, filter=text) for comparison in comparisons]


class _BadPrefix(Exception):  # it never leaves this module
    def __init__(self, position: int, expected: str) -> None:
        self.position, self.expected = position, expected


def _refuse_prefix(token: Token) -> Token:
    expected = {"tag": "the key of a tag", "attribute": "a key, such as name"}
    prefix = token.lower().rstrip(".").removesuffix("s")
    raise _BadPrefix(int(token.end_pos or 0), expected.get(prefix, "attribute.<key> or tags.<key>"))


class _ReadTree(Transformer[Token, list[Comparison]]):
    """Makes comparisons of parse trees: one method per rule of the grammar."""

    def start(self, children: list[Comparison | None]) -> list[Comparison]:
        comparisons = [child for child in children if child is not None]
        if len(comparisons) > limits.FILTER_COMPARISONS:
            raise InvalidParameterValue(f"A filter has at most {limits.FILTER_COMPARISONS} comparisons.")
        return comparisons

    def comparison(self, children: list[Any]) -> Comparison:
        (position, key, tag), operator, *values = children
        if len(values) > limits.FILTER_LIST_LENGTH:
            raise InvalidParameterValue(f"A list in a filter has at most {limits.FILTER_LIST_LENGTH} values.")
        return Comparison("", position, key, tag, operator, tuple(values))

    def plain(self, children: list[Token]) -> tuple[int, str, None]:
        return _start_of(children[0]), children[0].lower(), None

    def attribute(self, children: list[Token]) -> tuple[int, str, None]:
        return _start_of(children[0]), children[1].lower(), None

    def tag(self, children: list[Token]) -> tuple[int, str, str]:
        key = children[1]
        return _start_of(children[0]), TAGS, key if key.type == "BARE" else key[1:-1]

    def value(self, children: list[Token]) -> str:
        token = children[0]
        return str(token) if token.type == "NUMBER" else token[1:-1].replace(token[0] * 2, token[0])

    def COMPARED(self, token: Token) -> Operator:  # noqa: N802  # terminals are named this way
        return Operator.NOT_EQUAL if token.value == "<>" else Operator(token.upper())

    def CONTAINED(self, token: Token) -> Operator:  # noqa: N802
        return Operator(" ".join(token.upper().split()))


_LANGUAGE = Language(
    Path(__file__).with_name("filter.lark"),
    _ReadTree,
    noun="filter",
    most_words=limits.FILTER_LENGTH,
    callbacks={"PREFIX": _refuse_prefix},
)
_EXPECTED = {
    "BARE": "the key of a tag",
    "COMPARED": "=, !=, LIKE, ILIKE, IN, NOT IN, <, <=, > or >=",
    "NUMBER": "a value in quotes, or a number",
    "LPAR": "( and a list of values",
    "COMMA": ", or )",
    "AND": "AND or the end",
    "TAG": "a key, such as name or tags.team",
    "KEY": "a key, such as name",
}
"""What to say where a terminal could have come: the first of these that could."""


def _refusal(text: str, error: UnexpectedInput) -> InvalidParameterValue:
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    position = len(text) if at_end else int(error.pos_in_stream or 0)
    possible: set[str] = getattr(error, "accepts", None) or getattr(error, "allowed", None) or set()
    expected = next((words for terminal, words in _EXPECTED.items() if terminal in possible), "the end")
    return _error(text, position, expected)


def _start_of(token: Token) -> int:
    return int(token.start_pos or 0)


def _error(text: str, position: int, expected: str) -> InvalidParameterValue:
    instead = f"found {text[position : position + 20]!r}" if position < len(text) else "found the end"
    return InvalidParameterValue(f"Invalid filter, character {position + 1}: expected {expected}, {instead}.")
