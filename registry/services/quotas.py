"""Quotas: how much an installation allows, and how much there is. Off unless its settings say otherwise.

Those of objects are asked here; those of bytes, which come piece by piece, by ``allowances``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from django.conf import settings
from django.db.models import Model, QuerySet

from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, QuotaExceeded
from registry.models import Catalog, Metastore, ModelVersion, RegisteredModel, Schema, Securable
from registry.privileges import SecurableType
from registry.services import allowances


@dataclass(frozen=True)
class Quota:
    """How many children of a kind, or bytes, ``parent`` has, and may have."""

    parent: Securable | User
    name: str
    count: int
    limit: int


_Children = Callable[[Securable], QuerySet[Model]]
BYTES = "artifact-byte-quota"
"""What the quotas of bytes are called, of catalogs and of principals."""

# (type of the parent, name on the wire) -> the setting, and what is counted.
_QUOTAS: dict[tuple[SecurableType, str], tuple[str, _Children]] = {
    (SecurableType.METASTORE, "catalog-quota"): (
        "catalogs_per_metastore",
        lambda parent: Catalog.objects.all(),
    ),
    (SecurableType.METASTORE, "registered-model-quota"): (
        "registered_models_per_metastore",
        lambda parent: RegisteredModel.objects.all(),
    ),
    (SecurableType.CATALOG, "schema-quota"): (
        "schemas_per_catalog",
        lambda parent: Schema.objects.filter(catalog=parent.pk),
    ),
    (SecurableType.SCHEMA, "registered-model-quota"): (
        "registered_models_per_schema",
        lambda parent: RegisteredModel.objects.filter(schema=parent.pk),
    ),
    (SecurableType.FUNCTION, "model-version-quota"): (
        "model_versions_per_registered_model",
        lambda parent: ModelVersion.objects.filter(registered_model=parent.pk),
    ),
}
_COUNTED = dict(_QUOTAS.values())


def require_room(quota: str, what: str, where: str, parent: Securable) -> None:
    """Raise QuotaExceeded if one more ``what`` in ``parent`` would be over ``quota``.

    Where the quota is on, ``parent`` is locked until the transaction ends: one at a time counts and creates.
    """
    limit = settings.QUOTAS[quota]
    if limit is None:
        return
    list(type(parent)._default_manager.select_for_update(no_key=True).filter(pk=parent.pk).values_list("pk"))
    count = _COUNTED[quota](parent).count()
    if count >= limit:
        raise QuotaExceeded(f"Cannot create 1 {what}(s) in {where} (estimated count: {count + 1}, limit: {limit}).")


def get_quota(*, actor: Actor, parent: Securable, name: str) -> Quota:
    """The quota called ``name`` of ``parent``, for whoever manages it: a count tells of what others may not see."""
    authorization.require(actor, Operation.READ_QUOTAS, parent)
    return _quota_of(parent, name)


def get_quota_of_principal(*, actor: Actor, user_name: str, name: str) -> Quota:
    """The quota called ``name`` of a principal: one's own, or anybody's for administrators."""
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
    setting, children = _QUOTAS.get((parent.securable_type, name), ("", lambda parent: Catalog.objects.none()))
    limit = settings.QUOTAS.get(setting)
    if limit is None:
        raise DoesNotExist(f"{parent.securable_type.words} {parent.full_name} has no quota {name!r}.")
    return Quota(parent, name, children(parent).count(), limit)


def list_quotas(*, actor: Actor) -> list[Quota]:
    """The quotas of the metastore, of every catalog, schema and principal, for administrators.

    (Those of single models, of which there may be very many, are asked for one by one.)
    """
    of_bytes = list_quotas_of_bytes(actor=actor)
    return [
        *(
            _quota_of(parent, name)
            for (kind, name), (setting, _) in _QUOTAS.items()
            if settings.QUOTAS[setting] is not None
            for parent in _parents(kind)
        ),
        *of_bytes,
    ]


def list_quotas_of_bytes(*, actor: Actor) -> list[Quota]:
    """The quotas of bytes of every catalog, and of every principal that has registered something."""
    authorization.require(actor, Operation.READ_QUOTAS, Metastore.current())
    quotas: list[Quota] = []
    if settings.QUOTAS["bytes_per_catalog"] is not None:
        quotas += [_quota_of(catalog, BYTES) for catalog in _parents(SecurableType.CATALOG)]
    if (limit := settings.QUOTAS["bytes_per_principal"]) is not None:
        quotas += [Quota(user, BYTES, size, limit) for user, size in allowances.principals_with_bytes()]
    return quotas


def _parents(kind: SecurableType) -> Iterator[Securable]:
    if kind is SecurableType.METASTORE:
        yield Metastore.current()
    elif kind is SecurableType.CATALOG:
        yield from Catalog.objects.order_by("name")
    elif kind is SecurableType.SCHEMA:
        yield from Schema.objects.select_related("catalog").order_by("catalog__name", "name")
