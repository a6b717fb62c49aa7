"""``column__like`` and ``column__ilike``: SQL's LIKE, with ``%`` and ``_`` and no escape, in every database.

SQLite's own LIKE ignores the case of ASCII letters; GLOB does not, and replaces it there.
"""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Lookup, TextField
from django.db.models.expressions import Col
from django.db.models.lookups import IContains

from registry.models.text_search import COLUMNS, SHORTEST, text_table

_TO_GLOB = str.maketrans({"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"})


class _Pattern(Lookup[Any]):
    prepare_rhs = False
    operator = ""

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, left_values = self.process_lhs(compiler, connection)
        right, right_values = self.process_rhs(compiler, connection)
        return f"{left} {self.operator} {right} ESCAPE ''", (*left_values, *right_values)


@CharField.register_lookup
@TextField.register_lookup
class Like(_Pattern):
    lookup_name = "like"
    operator = "LIKE"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        return f"{left} GLOB %s", (*values, str(self.rhs).translate(_TO_GLOB))


@CharField.register_lookup
@TextField.register_lookup
class ILike(_Pattern):
    """Without case; of letters beyond ASCII only where the database folds them (PostgreSQL does, SQLite does not)."""

    lookup_name = "ilike"
    operator = "ILIKE"

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        left, values = self.process_lhs(compiler, connection)
        return f"{left} LIKE %s", (*values, self.rhs)


@CharField.register_lookup
@TextField.register_lookup
class HasPart(Lookup[str]):
    """``column__has_part``: the text is a part of the column, without case; found by an index where there is one."""

    lookup_name = "has_part"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        sql, values = IContains(self.lhs, self.rhs).as_sql(compiler, connection)
        return sql, tuple(values)

    def as_sqlite(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        column = self.lhs.target.column if isinstance(self.lhs, Col) else ""
        indexed = COLUMNS.get(self.lhs.target.model._meta.db_table, ()) if column else ()
        if len(self.rhs) < SHORTEST or column not in indexed:
            return self.as_sql(compiler, connection)
        text, key = text_table(self.lhs.target.model._meta.db_table), connection.ops.quote_name(self.lhs.alias)
        phrase = self.rhs.replace('"', '""')
        found = f"{key}.id IN (SELECT rowid FROM {text} WHERE {text} MATCH %s)"  # noqa: S608 (our own tables)
        return found, (f'{{{column}}} : "{phrase}"',)
