"""Ids of principals and scopes of tokens, as clients name them."""

from __future__ import annotations

from accounts.models import Scope
from registry.exceptions import InvalidParameterValue


def parse_id(text: object) -> int:
    """Return the number that SCIM reports for a principal."""
    if not str(text).isdecimal() or len(str(text)) > 18:
        raise InvalidParameterValue(f"{str(text)[:50]!r} is not the id of a principal.")
    return int(str(text))


def scope_of(scopes: list[str] | None) -> Scope:
    """The scope of a token for which ``scopes`` are requested."""
    known = [Scope.ADMIN if scope == "all-apis" else Scope(scope) for scope in scopes or [Scope.ADMIN]]
    return max(known, key=list(Scope).index)
