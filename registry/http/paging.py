"""Pages by keyset: a token holds the last row's keys, so rows that are added in the meantime shift nothing.

It is encrypted, with a key that is made of SECRET_KEY: every process reads it, and its holder learns nothing
from it, not even how many rows of others are in between. Its length reveals no more.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.db.models import Model, Q, QuerySet
from django.utils.crypto import salted_hmac

from registry.exceptions import InvalidParameterValue

Row = TypeVar("Row", bound=Model)
Item = TypeVar("Item")

_LONGEST = 8_192
"""Characters of a token: names are in it, of 255 characters each, encrypted."""
_TOKEN = re.compile(rf"[A-Za-z0-9_-]{{1,{_LONGEST}}}={{0,2}}")
_STEP = 64
"""Tokens come in lengths that differ by this many bytes: a number with more digits makes none longer."""


def clamp(asked: int | None, *, default: int, most: int) -> int:
    """Return how many rows a page has: clients ask for 0 and for 10,000 and mean «as many as you give»."""
    return min(asked, most) if asked is not None and asked > 0 else default


def page(rows: QuerySet[Row], *, keys: Sequence[str], size: int, token: str, bound_to: str) -> tuple[list[Row], str]:
    """Return a page of ``rows`` and the token of the next one (empty after the last).

    ``keys`` name the order (``-`` for descending); together they are unique, and none is ever null. ``bound_to``
    says which question the token belongs to (caller and filter); a token of another question is refused.
    """
    question = question_of(bound_to, tuple(keys))
    if token:
        rows = rows.filter(_after(keys, read_token(token, question, len(keys))))
    some = list(rows.order_by(*keys)[: size + 1])
    if len(some) <= size:
        return some, ""
    last = [_value(some[size - 1], key.lstrip("-")) for key in keys]
    return some[:size], write_token(question, last)


def page_of_list(
    items: Sequence[Item], *, key: Callable[[Item], str], size: int, token: str, bound_to: str
) -> tuple[Sequence[Item], str]:
    """Return the same of a list that is sorted by ``key``, for rows that are gathered, not read one by one."""
    question = question_of(bound_to)
    if token:
        (last,) = read_token(token, question, 1)
        items = [item for item in items if key(item) > last]
    some = items[:size]
    return some, write_token(question, [key(some[-1])]) if len(items) > size else ""


def question_of(*parts: object) -> str:
    """Return what a token says about the question that it belongs to."""
    return sha256(repr(parts).encode()).hexdigest()[:16]


def _cipher() -> MultiFernet:
    """Encrypts with SECRET_KEY, and reads what was encrypted with one that it has replaced."""
    secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    keys = [salted_hmac(__name__, "page tokens", secret, algorithm="sha256").digest() for secret in secrets]
    return MultiFernet([Fernet(urlsafe_b64encode(key)) for key in keys])


def write_token(question: str, values: list[Any]) -> str:
    """Return the token that holds ``values`` for callers that ask the same ``question``."""
    plain = orjson.dumps([question, values])
    return _cipher().encrypt(plain.ljust(-(-len(plain) // _STEP) * _STEP)).decode()


def read_token(token: str, question: str, count: int) -> list[Any]:
    try:
        if not _TOKEN.fullmatch(token):  # base64 is read in many spellings, and written in one
            raise InvalidToken
        bound, values = orjson.loads(_cipher().decrypt(token))
    except (InvalidToken, ValueError) as error:
        raise InvalidParameterValue("The page token is not valid.") from error
    if bound != question or len(values) != count:
        raise InvalidParameterValue("The page token belongs to another request.")
    return list(values)


def _after(keys: Sequence[str], values: Sequence[Any]) -> Q:
    """Rows behind ``values``: greater in the first key, or equal there and behind in the others.

    That the first key is not smaller follows from it, and is said as well: an index serves no OR.
    """
    after = Q()
    for key, value in reversed(list(zip(keys, values, strict=True))):
        behind_here = Q(**{f"{key.lstrip('-')}__{_direction(key)}": value})
        after = behind_here | (Q(**{key.lstrip("-"): value}) & after) if after else behind_here
    return Q(**{f"{keys[0].lstrip('-')}__{_direction(keys[0])}e": values[0]}) & after


def _direction(key: str) -> str:
    return "lt" if key.startswith("-") else "gt"


def _value(row: Any, path: str) -> Any:
    for attribute in path.split("__"):
        row = getattr(row, attribute)
    return row.isoformat() if isinstance(row, datetime) else row
