"""The filter language of MLflow's search: comparisons joined by AND.

    name LIKE 'prod.%' AND tags.team = 'risk' AND aliases IN ('champion', 'challenger')

Read into comparisons here; what the keys mean stands beside this module, one module per thing that is searched.
Errors say at which character what was expected.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import NoReturn

from registry import limits
from registry.exceptions import InvalidParameterValue


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
"""The key of a comparison of a tag; no word that one writes alone is it."""

_BLANK = re.compile(r"\s*")
_WORD = re.compile(r"[A-Za-z_]+")
_TAG_KEY = re.compile(r"""`(?P<ticked>[^`]+)`|"(?P<quoted>[^"]+)"|(?P<bare>[^\s=!<>()'"`,]+)""")
_OPERATOR = re.compile(r"!=|<>|<=|>=|=|<|>|NOT\s+IN\b|IN\b|I?LIKE\b", re.IGNORECASE)
_VALUE = re.compile(r"""'(?P<single>(?:[^']|'')*)'|"(?P<double>(?:[^"]|"")*)"|(?P<number>-?\d{1,18}(?:\.\d{1,9})?)\b""")
_AND = re.compile(r"AND\b", re.IGNORECASE)


def parse(text: str) -> list[Comparison]:
    """Read a filter; an empty one has no comparisons."""
    if "\0" in text:
        raise _error(text, text.index("\0"), "no NUL character")
    if len(text) > limits.FILTER_LENGTH:
        raise InvalidParameterValue(f"A filter has at most {limits.FILTER_LENGTH} characters.")
    return _Reader(text).comparisons()


class _Reader:
    """Reads from left to right, one expectation at a time."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def comparisons(self) -> list[Comparison]:
        found: list[Comparison] = []
        self._take(_BLANK)
        while self.position < len(self.text):
            if found and not self._take(_AND):
                raise _error(self.text, self.position, "AND or the end")
            if len(found) == limits.FILTER_COMPARISONS:
                raise InvalidParameterValue(f"A filter has at most {limits.FILTER_COMPARISONS} comparisons.")
            found.append(self._comparison())
        return found

    def _comparison(self) -> Comparison:
        self._take(_BLANK)
        start = self.position
        key, tag = self._key()
        operator = self._operator()
        several = operator in (Operator.IN, Operator.NOT_IN)
        return Comparison(self.text, start, key, tag, operator, self._list() if several else (self._value(),))

    def _key(self) -> tuple[str, str | None]:
        word = self._expect(_WORD, "a key, such as name or tags.team")[0].lower()
        if not self._take(re.compile(r"\.")):
            return word, None
        if word in ("tag", "tags"):
            found = self._expect(_TAG_KEY, "the key of a tag")
            return TAGS, found["ticked"] or found["quoted"] or found["bare"]
        if word in ("attribute", "attributes"):
            return self._expect(_WORD, "a key, such as name")[0].lower(), None
        raise _error(self.text, self.position, "attribute.<key> or tags.<key>")

    def _operator(self) -> Operator:
        self._take(_BLANK)
        found = self._expect(_OPERATOR, "=, !=, LIKE, ILIKE, IN, NOT IN, <, <=, > or >=")[0].upper()
        self._take(_BLANK)
        return Operator("!=" if found == "<>" else " ".join(found.split()))

    def _list(self) -> tuple[str, ...]:
        self._expect(re.compile(r"\(\s*"), "( and a list of values")
        values = [self._value()]
        while self._take(re.compile(r",\s*")):
            if len(values) == limits.FILTER_LIST_LENGTH:
                raise InvalidParameterValue(f"A list in a filter has at most {limits.FILTER_LIST_LENGTH} values.")
            values.append(self._value())
        self._expect(re.compile(r"\)\s*"), ", or )")
        return tuple(values)

    def _value(self) -> str:
        found = self._expect(_VALUE, "a value in quotes, or a number")
        self._take(_BLANK)
        if found["single"] is not None:
            return found["single"].replace("''", "'")
        if found["double"] is not None:
            return found["double"].replace('""', '"')
        return found["number"]

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.position)
        if found:
            self.position = found.end()
        return found

    def _expect(self, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        return self._take(pattern) or self._fail(expected)

    def _fail(self, expected: str) -> NoReturn:
        raise _error(self.text, self.position, expected)


def _error(text: str, position: int, expected: str) -> InvalidParameterValue:
    found = f"found {text[position : position + 20]!r}" if position < len(text) else "found the end"
    return InvalidParameterValue(f"Invalid filter, character {position + 1}: expected {expected}, {found}.")
