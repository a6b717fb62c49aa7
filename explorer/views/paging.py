"""Pages of lists, and what was typed into boxes: both are in the address."""

from __future__ import annotations

from typing import TypeVar

from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

Row = TypeVar("Row", bound=Model)

PAGE_SIZE = 25


def words_in(request: HttpRequest, name: str) -> str:
    """Return what was typed into a box of the address, as a database can be asked for it (PostgreSQL takes no NUL)."""
    return request.GET.get(name, "").replace("\0", "").strip()[:255]


def paginate(request: HttpRequest, rows: QuerySet[Row]) -> Page[Row]:
    """Return the page that the address asks for; the nearest one, if there is no such page."""
    return Paginator(rows, PAGE_SIZE).get_page(request.GET.get("page"))


def page_number(request: HttpRequest) -> int:
    """Return the number of the page that the address asks for, where no one has counted how many there are."""
    text = request.GET.get("page", "")
    return max(1, int(text)) if text.isascii() and text.isdecimal() and len(text) < 6 else 1
