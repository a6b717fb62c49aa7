"""SCIM's way of listing (RFC 7644, section 3.4.2): filter, order, pages by index, and a choice of attributes."""

from __future__ import annotations

import re
from typing import Any, TypeVar

import orjson
from django.core.exceptions import ValidationError
from django.db.models import Model, QuerySet
from scim2_filter_parser.parser import SCIMParserError
from scim2_filter_parser.transpilers.django_q_object import get_query

from registry.api.base import Params
from registry.exceptions import InvalidParameterValue

Row = TypeVar("Row", bound=Model)
MOST = 10_000
"""Resources of one page. databricks-sdk asks for that many, and goes on until a page is empty."""

_MOST_NESTED = 10
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_BARE = re.compile(
    r'"(?:[^"\\]|\\.)*"'
    r"|\b(?P<operator>(?:eq|ne|co|sw|ew|gt|ge|lt|le)\s+)(?!(?:true|false|null|\d+)(?:[\s)]|$))(?P<word>[^\s\"()]+)",
    re.IGNORECASE,
)
"""A value without quotes, as many client examples write it; quoted text is skipped."""
_ATTRIBUTE = re.compile(r"([^\s()]+)\s+(?:eq|ne|co|sw|ew|gt|ge|lt|le|pr)\b", re.IGNORECASE)

LIST_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:ListResponse"


def page_of(rows: QuerySet[Row], params: Params, columns: dict[str, str]) -> tuple[list[Row], dict[str, Any]]:
    """The requested rows, and the head of their list. ``columns`` are those of the attributes."""
    rows = _matching(rows, params["filter"], columns)
    order = columns.get(params["sortBy"], "pk")
    descending = "-" if params["sortOrder"] == "descending" else ""
    start, count = max(params["startIndex"], 1), min(max(params["count"], 0), MOST)
    some = list(rows.order_by(f"{descending}{order}", "pk")[start - 1 : start - 1 + count]) if count else []
    head = {
        "schemas": [LIST_SCHEMA],
        "totalResults": rows.count(),
        "startIndex": start,
        "itemsPerPage": len(some),
    }
    return some, head


def chosen(resource: Any, params: Params) -> Any:
    """The attributes of ``resource`` that are requested; always its id and its schema."""
    included = {name.split(".")[0].strip() for name in params["attributes"].split(",") if name.strip()}
    excluded = {name.strip() for name in params["excludedAttributes"].split(",") if name.strip()}
    return {
        name: value
        for name, value in resource.items()
        if name in ("id", "schemas") or ((not included or name in included) and name not in excluded)
    }


def _matching(rows: QuerySet[Row], text: str, columns: dict[str, str]) -> QuerySet[Row]:
    if not text.strip():
        return rows
    if text.count("(") > _MOST_NESTED or "[" in text:
        raise InvalidParameterValue("The filter is nested too deep.")
    text = _BARE.sub(_quoted, text)
    unquoted = _QUOTED.sub("", text)
    if unknown := [a for a in _ATTRIBUTE.findall(unquoted) if a.lower() not in map(str.lower, columns)]:
        # The library drops what it does not know, and would return more than was requested.
        raise InvalidParameterValue(f"The filter asks for {unknown[0]!r}, not for one of {', '.join(columns)}.")
    try:
        condition = get_query(text, {(attribute, None, None): column for attribute, column in columns.items()})
        if condition is not None:
            return rows.filter(condition)
    except (SCIMParserError, ValidationError, ValueError, TypeError, RecursionError) as error:
        raise InvalidParameterValue(f"The filter {text!r} cannot be read.") from error
    raise InvalidParameterValue(f"The filter {text!r} asks for something other than {', '.join(columns)}.")


def _quoted(match: re.Match[str]) -> str:
    """Return a bare word in quotes; already quoted text stays."""
    word = match["word"]
    return match[0] if word is None else f"{match['operator']}{orjson.dumps(word).decode()}"
