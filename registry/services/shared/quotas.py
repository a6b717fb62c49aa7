"""Quotas: how much an installation allows, and how much there is. Off unless its settings say otherwise.

Those of objects are asked here; those of bytes, which come piece by piece, by ``allowances``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import Count, Model

from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, QuotaExceeded
from registry.kinds import kind_of_type
from registry.models import Catalog, Metastore, ModelVersion, RegisteredModel, Schema, Securable, Table
from registry.privileges import SecurableType
from registry.services.shared import allowances


@dataclass(frozen=True)
class Quota:
    """How many children of a kind, or bytes, ``parent`` has, and may have."""

    parent: Securable | User
    name: str
    count: int
    limit: int


@dataclass(frozen=True)
class _Children:
    """What a quota counts: rows of a table, by the ``column`` that names their parent; all of them without one.

    ``setting`` is the name of the limit in the settings.
    """

    setting: str
    table: type[Model]
    column: str = ""

    @property
    def limit(self) -> int | None:
        limit: int | None = settings.QUOTAS[self.setting]
        return limit

    def count(self, parent: Securable) -> int:
        rows = self.table._default_manager.order_by()
        return rows.filter(**{self.column: parent.pk}).count() if self.column else rows.count()

    def count_by_parent(self) -> dict[int | None, int]:
        """Return the numbers of children by the keys of their parents; without a column, all under None."""
        rows = self.table._default_manager.order_by()
        if not self.column:
            return {None: rows.count()}
        return dict(rows.values_list(self.column).annotate(number=Count("pk")))


BYTES = "artifact-byte-quota"
"""What the quotas of bytes are called, of catalogs and of principals."""

# (type of the parent, name on the wire) -> what is counted.
_QUOTAS = {
    (SecurableType.METASTORE, "catalog-quota"): _Children("catalogs_per_metastore", Catalog),
    (SecurableType.METASTORE, "registered-model-quota"): _Children("registered_models_per_metastore", RegisteredModel),
    (SecurableType.CATALOG, "schema-quota"): _Children("schemas_per_catalog", Schema, "catalog_id"),
    (SecurableType.SCHEMA, "registered-model-quota"): _Children(
        "registered_models_per_schema", RegisteredModel, "schema_id"
    ),
    (SecurableType.SCHEMA, "table-quota"): _Children("tables_per_schema", Table, "schema_id"),
    (SecurableType.FUNCTION, "model-version-quota"): _Children(
        "model_versions_per_registered_model", ModelVersion, "registered_model_id"
    ),
}
_BY_SETTING = {children.setting: children for children in _QUOTAS.values()}


def require_room(quota: str, what: str, where: str, parent: Securable, *, more: int = 1) -> None:
    """Raise QuotaExceeded if ``more`` of ``what`` in ``parent`` would be over ``quota``.

    Where the quota is on, ``parent`` is locked until the transaction ends: one at a time counts and creates.
    """
    children = _BY_SETTING[quota]
    limit = children.limit
    if limit is None:
        return
    list(type(parent)._default_manager.select_for_update(no_key=True).filter(pk=parent.pk).values_list("pk"))
    count = children.count(parent)
    if count + more > limit:
        told = f"estimated count: {count + more}, limit: {limit}"
        raise QuotaExceeded(f"Cannot create 1 {what}(s) in {where} ({told}).")


def get_quota(*, actor: Actor, parent: Securable, name: str) -> Quota:
    """Return the quota called ``name`` of ``parent``, for its managers: a count reveals what others may not see."""
    authorization.require(actor, Operation.READ_QUOTAS, parent)
    return _quota_of(parent, name)


def get_quota_of_principal(*, actor: Actor, user_name: str, name: str) -> Quota:
    """Return the quota called ``name`` of a principal: the actor's own, or anyone's for administrators."""
    limit = settings.QUOTAS["bytes_per_principal"]
    if user_name.lower() != actor.name:
        authorization.require(actor, Operation.READ_QUOTAS, Metastore.current())
    principal = User.objects.filter(user_name=user_name.lower()).first()
    if principal is None or name != BYTES or limit is None:
        raise DoesNotExist(f"Principal {user_name} has no quota {name!r}.")
    return Quota(principal, name, allowances.bytes_of_principal(principal.pk), limit)


def _quota_of(parent: Securable, name: str) -> Quota:
    """The quota called ``name`` of ``parent``; a quota that is off does not exist."""
    if isinstance(parent, Catalog) and name == BYTES and (limit := settings.QUOTAS["bytes_per_catalog"]) is not None:
        return Quota(parent, name, allowances.bytes_of_catalog(parent), limit)
    children = _QUOTAS.get((parent.securable_type, name))
    if children is None or children.limit is None:
        raise DoesNotExist(f"{parent.securable_type.words} {parent.full_name} has no quota {name!r}.")
    return Quota(parent, name, children.count(parent), children.limit)


def list_quotas(*, actor: Actor) -> list[Quota]:
    """Return the quotas of the metastore, of every catalog, schema and principal, for administrators.

    (Those of single models, of which there may be very many, are asked for one by one.)
    """
    of_bytes = list_quotas_of_bytes(actor=actor)
    counted = (
        _quotas_of(kind, name, children, children.limit)
        for (kind, name), children in _QUOTAS.items()
        if children.limit is not None
    )
    return [*chain.from_iterable(counted), *of_bytes]


def _quotas_of(kind: SecurableType, name: str, children: _Children, limit: int) -> Iterator[Quota]:
    """The quota called ``name`` of each securable of a kind: counted together, in two queries."""
    numbers = children.count_by_parent()
    for parent in _parents(kind):
        yield Quota(parent, name, numbers.get(parent.pk if children.column else None, 0), limit)


def list_quotas_of_bytes(*, actor: Actor) -> list[Quota]:
    """Return the quotas of bytes of every catalog, and of every principal that has registered something."""
    authorization.require(actor, Operation.READ_QUOTAS, Metastore.current())
    quotas: list[Quota] = []
    if (limit := settings.QUOTAS["bytes_per_catalog"]) is not None:
        sizes = allowances.bytes_by_catalog()
        quotas += [Quota(row, BYTES, sizes[row.pk], limit) for row in _parents(SecurableType.CATALOG)]
    if (limit := settings.QUOTAS["bytes_per_principal"]) is not None:
        quotas += [Quota(user, BYTES, size, limit) for user, size in allowances.principals_with_bytes()]
    return quotas


def _parents(securable_type: SecurableType) -> Iterator[Any]:
    kind = kind_of_type(securable_type)
    if not kind.depth:
        yield Metastore.current()
        return
    above = [kind.path_to(container.model) for container in kind.containers]
    rows = kind.model._default_manager.select_related(*above)
    yield from rows.order_by(*(f"{path}__name" for path in reversed(above)), "name")
