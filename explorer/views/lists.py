"""Lists of catalogs, schemas and models: filter, order and page are in the address."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from explorer.views.paging import paginate, words_in

Row = TypeVar("Row", bound=Model)

ORDERS = {"name": "name", "created": "created_at", "updated": "updated_at"}
"""What such a list can be sorted by, and the column of each."""


def listing(request: HttpRequest, rows: QuerySet[Row]) -> dict[str, Any]:
    """Return the page of ``rows`` that the address asks for; names break ties."""
    words, order = words_in(request, "words"), request.GET.get("sort", "")
    if words:
        rows = rows.filter(
            Q(name__icontains=words)
            | Q(comment__icontains=words)
            | Q(owner_user__user_name__icontains=words)
            | Q(owner_group__name__icontains=words)
        )
    name = order.removeprefix("-")
    if name in ORDERS:
        sign = "-" if order.startswith("-") else ""
        rows = rows.order_by(f"{sign}{ORDERS[name]}", "name")
    else:
        order = "name"
    return {"page": paginate(request, rows), "words": words, "orders": orders_of(order, ORDERS)}


def orders_of(now: str, names: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return, for each column, what a click on its head asks for, and how it is sorted ``now`` (− for falling)."""
    return {name: _order(now, name) for name in names}


def _order(now: str, name: str) -> dict[str, str]:
    if now == f"-{name}":
        return {"next": name, "now": "descending"}
    return {"next": f"-{name}", "now": "ascending" if now == name else ""}


Choices = tuple[Sequence[str], Sequence[str]]
"""The names of what can be a column, and of what is one."""


def column_choices(metrics: Choices, params: Choices) -> list[tuple[str, str, Sequence[str], Sequence[str]]]:
    """Return what the menu of columns offers: for each kind its heading, its name in addresses, and the names."""
    kinds = (("Metrics", "metric", *metrics), ("Parameters", "param", *params))
    return [kind for kind in kinds if kind[2]]
