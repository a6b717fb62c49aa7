"""The kinds of objects, one record each: where it is, what may be done to it, how it is called and shown.

All that depends on the kind of an object is looked up here. A new kind is its table, its record (``records``) and its
services (CONTRIBUTING.md goes through it).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import Model, QuerySet

from registry.exceptions import InvalidParameterValue
from registry.kinds.kind import Kind
from registry.kinds.records import KINDS
from registry.models import Catalog, Governed, Metastore, RegisteredModel, Schema, Securable
from registry.operations import Operation
from registry.privileges import SecurableType

__all__ = ["KINDS", "Kind"]  # and what follows

KIND_OF: dict[type[Model], Kind] = {kind.model: kind for kind in KINDS}
SECURABLE_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.operations)
"""Those that grants can be on; the metastore is the first."""
REFERRED_KINDS: tuple[Kind, ...] = tuple(kind for kind in KINDS if kind.column)
"""Those in the tree, which people pin, and ask for access to."""
_OF_TYPE: dict[str, Kind] = {kind.wire_type: kind for kind in SECURABLE_KINDS}


def kind_of(row: Governed) -> Kind:
    """Return the record of what kind of object ``row`` is."""
    return KIND_OF[type(row)]


def kind_of_full_name(full_name: str) -> Kind:
    """Return the record of what ``full_name`` can be the name of, by the periods in it."""
    depth = min(full_name.count(".") + 1, REFERRED_KINDS[-1].depth)
    return next(kind for kind in REFERRED_KINDS if kind.depth == depth)


def kind_of_type(securable_type: SecurableType) -> Kind:
    """Return the record of the securables of that type."""
    return _OF_TYPE[securable_type]


def below(kind: Kind) -> Kind | None:
    """Return the kind of what one of ``kind`` counts: above all, of what is in it."""
    return next((other for other in KINDS if other.lies_in is kind and other.is_counted), None)


def governing_kind(kind: Kind) -> Kind:
    """Return the kind whose grants count for ``kind``: itself, or the innermost container that grants can be on."""
    return next(each for each in (kind, *kind.containers) if each in SECURABLE_KINDS)


def governing(row: Governed) -> Securable:
    """Return the securable whose grants and owner count for ``row``: itself, or what it is in (a version's model)."""
    securable: Any = row
    while kind_of(securable) not in SECURABLE_KINDS:
        securable = parent_of(securable)
    return securable  # type: ignore[no-any-return]


def parent_of(row: Governed) -> Any:
    """Return what ``row`` is in; None where that inherits nothing."""
    kind = kind_of(row)
    return getattr(row, kind.parent) if kind.parent else None


def levels_of(row: Governed) -> list[Any]:
    """Return ``row`` and its containers, from the inside out; the metastore contains nothing that inherits."""
    levels: list[Any] = [row]
    while (above := parent_of(levels[-1])) is not None:
        levels.append(above)
    return levels


def catalog_key_of(row: Governed) -> int | None:
    """Return the key of the catalog that ``row`` is or is in; None for the metastore."""
    outermost = levels_of(row)[-1]
    return outermost.pk if isinstance(outermost, Catalog) else None


def right_to_create(row: Securable) -> tuple[Operation, Securable]:
    """Return what is needed to create another object next to ``row``, and on what."""
    create = kind_of(row).create
    if create is None:
        raise InvalidParameterValue(f"There is one {kind_of(row).noun}.")
    return create, parent_of(row) or Metastore.current()


def named(kind: Kind, parts: Sequence[str]) -> QuerySet[Any]:
    """Return the rows of ``kind`` with these names, the catalog's first (one or none), with what they are in."""
    columns = [f"{kind.path_to(above.model)}__name" for above in reversed(kind.containers)]
    rows = kind.model._default_manager.select_related(*([kind.path_to(kind.containers[-1].model)] if columns else []))
    return rows.filter(**dict(zip([*columns, "name"], parts, strict=True)))


def in_the_tree(securable: Securable, refusal: str) -> Catalog | Schema | RegisteredModel:
    """Return ``securable``, if it is one that people tag and ask for access to; InvalidParameterValue otherwise."""
    if not isinstance(securable, Catalog | Schema | RegisteredModel):
        raise InvalidParameterValue(refusal)
    return securable


def reference_to(securable: Securable, refusal: str) -> dict[str, Securable]:
    """Return the column, and its value, by which a pin or a request for access refers to ``securable``.

    InvalidParameterValue with ``refusal`` for the metastore.
    """
    column = kind_of(securable).column
    if not column:
        raise InvalidParameterValue(refusal)
    return {column: securable}
