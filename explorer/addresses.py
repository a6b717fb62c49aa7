"""The page of an object."""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse

from registry.kinds import kind_of
from registry.models import Governed


def page_of(row: Governed) -> str:
    """Return the address at which people see ``row``; the list of catalogs for the metastore."""
    kind = kind_of(row)
    return _address(kind.page, *kind.arguments(row))


@lru_cache(maxsize=10_000)
def _address(page: str, *names: object) -> str:
    """Kept, since every page asks for those of a hundred and more entries of the tree."""
    return reverse(page, args=names)
