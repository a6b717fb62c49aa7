"""Queries that every request asks, compiled once: Django needs ten times as long to write them as SQLite to answer.

Only for queries whose SQL never changes, and whose only parameters are the values that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet


class Prepared:
    """``Prepared(lambda: Tag.objects.filter(subject=-1).values_list("key"), -1)(5)`` gives the rows for 5.

    The markers stand in the query for the values that differ; everything else in it stays as it was built.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], *markers: int | str) -> None:
        self.build, self.markers = build, markers

    def __call__(self, *values: int | str) -> list[tuple[Any, ...]]:
        if self._compiled is None:
            return []
        sql, constants, compiler, converters = self._compiled
        parameters = list(constants)
        for marker, value in zip(self.markers, values, strict=True):
            parameters[constants.index(marker)] = value
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters)) if converters else rows

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...], Any, Any] | None:
        """The SQL, its parameters and how rows are converted; None for a query that cannot find anything."""
        compiler = self.build().query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        return sql, parameters, compiler, compiler.get_converters([expression for expression, _, _ in compiler.select])


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Every column of ``model``, as ``values_list`` wants them."""
    return [prefix + field.attname for field in model._meta.concrete_fields]


def rows_of(values: Sequence[Any], *tables: tuple[type[Model], Sequence[str]]) -> Iterator[Any]:
    """Yield a row of each of ``tables``, whose columns, those of one table after those of another, are ``values``."""
    begin = 0
    for table, columns in tables:
        end = begin + len(columns)
        yield table.from_db(connection.alias, columns, list(values[begin:end]))
        begin = end
