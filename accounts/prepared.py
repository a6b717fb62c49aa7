"""Queries that every request asks, compiled once: Django needs ten times as long to write them as SQLite to answer.

Only for queries whose SQL never changes, and whose only parameters are the values that differ.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

Row = TypeVar("Row", bound=Model)


class Prepared:
    """``Prepared(lambda: Tag.objects.filter(subject=0).values_list("key"))(5)`` gives the rows for 5."""

    def __init__(self, build: Callable[[], QuerySet[Any, Any]]) -> None:
        self.build = build

    def __call__(self, *values: int | str) -> list[tuple[Any, ...]]:
        sql, compiler, converters = self._compiled
        with connection.cursor() as cursor:
            cursor.execute(sql, values)
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters)) if converters else rows

    @cached_property
    def _compiled(self) -> tuple[str, Any, Any]:
        compiler = self.build().query.get_compiler(connection=connection)
        sql, _ = compiler.as_sql()
        return sql, compiler, compiler.get_converters([expression for expression, _, _ in compiler.select])


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Every column of ``model``, as ``values_list`` wants them."""
    return [prefix + field.attname for field in model._meta.concrete_fields]


def instance_of(model: type[Row], values: Any) -> Row:
    """The row of ``model`` with these values of all its columns."""
    return model.from_db(connection.alias, [field.attname for field in model._meta.concrete_fields], list(values))
