"""Queries that every request asks, compiled once: Django needs ten times as long to write them as SQLite to answer.

Only for queries whose SQL never changes, and whose only parameters are the values that differ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet


class CompiledQuery:
    """``CompiledQuery(lambda: Tag.objects.filter(subject=-1).values_list("key"), -1)(5)`` gives the rows for 5.

    The markers are in the query in place of the values that differ; everything else in it stays as it was built.
    """

    def __init__(self, build: Callable[[], QuerySet[Any, Any]], *markers: int | str) -> None:
        self.build, self.markers = build, markers

    def __call__(self, *values: int | str) -> list[tuple[Any, ...]]:
        if self._compiled is None:
            return []
        sql, constants, places, compiler, converters = self._compiled
        parameters = list(constants)
        for place, value in zip(places, values, strict=True):
            parameters[place] = value
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
            rows = cursor.fetchall()
        return list(compiler.apply_converters(rows, converters)) if converters else rows

    @cached_property
    def _compiled(self) -> tuple[str, tuple[Any, ...], list[int], Any, Any] | None:
        """The SQL, its parameters, where the markers are among them, and how rows are converted.

        None for a query that cannot find anything.
        """
        compiler = self.build().query.get_compiler(connection=connection)
        try:
            sql, parameters = compiler.as_sql()
        except EmptyResultSet:
            return None
        places = [parameters.index(marker) for marker in self.markers]
        converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
        return sql, parameters, places, compiler, converters


class CompiledQueryForKeys:
    """``CompiledQueryForKeys(lambda keys: Tag.objects.filter(pk__in=keys).values_list("key"))([5, 7])`` gives the rows.

    It asks for AT_ONCE keys at a time; places that are left over get a key that nothing has.
    """

    AT_ONCE = 50

    def __init__(self, build: Callable[[Sequence[int]], QuerySet[Any, Any]]) -> None:
        markers = range(-self.AT_ONCE, 0)
        self.query = CompiledQuery(lambda: build(markers), *markers)

    def __call__(self, keys: Iterable[int]) -> Iterator[tuple[Any, ...]]:
        distinct = sorted(set(keys))
        for begin in range(0, len(distinct), self.AT_ONCE):
            some = distinct[begin : begin + self.AT_ONCE]
            yield from self.query(*some, *[0] * (self.AT_ONCE - len(some)))


def columns_of(model: type[Model], prefix: str = "") -> list[str]:
    """Return every column of ``model``, as ``values_list`` wants them."""
    return [prefix + field.attname for field in model._meta.concrete_fields]


def rows_of(values: Sequence[Any], *tables: tuple[type[Model], Sequence[str]]) -> Iterator[Any]:
    """Yield a row of each of ``tables``, whose columns, those of one table after those of another, are ``values``."""
    begin = 0
    for table, columns in tables:
        end = begin + len(columns)
        yield table.from_db(connection.alias, columns, list(values[begin:end]))
        begin = end
