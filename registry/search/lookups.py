"""``column__like`` and ``column__ilike``: SQL's LIKE, with ``%`` and ``_`` and no escape, in every database.

SQLite's own LIKE ignores the case of ASCII letters; GLOB does not, and stands in for it there.
"""

from __future__ import annotations

from typing import Any

from django.db.models import CharField, Lookup, TextField

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
