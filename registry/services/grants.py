"""Grants: who holds which privilege on what, read and changed. Guardian's rows are the only store of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Model, QuerySet
from guardian.shortcuts import assign_perm, remove_perm
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from accounts.models import User, group_ids_of
from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import Metastore, Securable
from registry.names import FullName
from registry.privileges import GRANTABLE, NOT_IN_ALL_PRIVILEGES, Privilege, SecurableType
from registry.services import catalogs, ownership, registered_models, schemas

Principal = User | Group


@dataclass(frozen=True)
class GrantChange:
    """Privileges to give to and take from one principal, named as clients name it."""

    principal: str
    add: tuple[Privilege, ...] = ()
    remove: tuple[Privilege, ...] = ()


@dataclass(frozen=True)
class Grant:
    """A privilege that a principal holds, and the securable on which it was granted."""

    principal: str
    privilege: Privilege
    granted_on: Securable


def get_securable(*, actor: Actor, securable_type: SecurableType, full_name: str) -> Securable:
    """The securable of that type and name, if ``actor`` may know of it."""
    match securable_type:
        case SecurableType.METASTORE:
            metastore = Metastore.current()
            if full_name != metastore.full_name:
                raise authorization.no_such(securable_type, full_name)
            return metastore
        case SecurableType.CATALOG:
            return catalogs.get_catalog(actor=actor, name=full_name)
        case SecurableType.SCHEMA:
            catalog, schema = names.schema_name(full_name)
            return schemas.get_schema(actor=actor, catalog=catalog, name=schema)
        case SecurableType.FUNCTION:
            return registered_models.get_registered_model(actor=actor, full_name=FullName.parse(full_name))


def list_grants(*, actor: Actor, securable: Securable, principal: str | None = None) -> list[Grant]:
    """Direct grants on ``securable``, by principal: all for who manages it, otherwise the actor's own."""
    rows = _grants_on(securable)
    if not authorization.allows(actor, Operation.READ_ALL_GRANTS, securable):
        rows = _held_by(rows, actor.principal, group_ids_of(actor.principal))
    return [row.grant for row in rows if principal is None or row.grant.principal == _name(principal)]


def list_effective_grants(*, actor: Actor, securable: Securable, principal: str | None = None) -> list[Grant]:
    """Direct and inherited grants. For one principal, also those it holds through its groups."""
    chain = _with_containers(securable)
    applicable = GRANTABLE[securable.securable_type]
    rows = [row for level in chain for row in _grants_on(level) if row.grant.privilege in applicable]
    if not authorization.allows(actor, Operation.READ_ALL_GRANTS, securable):
        rows = _held_by(rows, actor.principal, group_ids_of(actor.principal))
    if principal is not None:
        who = ownership.find_principal(principal)
        rows = _held_by(rows, who, group_ids_of(who) if isinstance(who, User) else frozenset({who.pk}))
    return [row.grant for row in rows]


def update_grants(*, actor: Actor, securable: Securable, changes: Sequence[GrantChange]) -> None:
    """Apply all ``changes`` or none. Revoking what is not granted is no error.

    Revoking ALL PRIVILEGES also revokes what it implies and was granted singly (Unity Catalog's current rule).
    """
    authorization.require(actor, Operation.MANAGE_GRANTS, securable)
    principals = [_check(change, securable) for change in changes]
    with transaction.atomic():
        for change, principal in zip(changes, principals, strict=True):
            for privilege in _to_remove(change, securable):
                remove_perm(privilege.codename, principal, securable)
            for privilege in change.add:
                assign_perm(privilege.codename, principal, securable)
        audit.permissions_updated(actor, securable, [_as_parameters(change) for change in changes])
    authorization.forget(actor)


@dataclass(frozen=True)
class _Row:
    grant: Grant
    user_id: int | None
    group_id: int | None


def _grants_on(securable: Securable) -> list[_Row]:
    """Every grant on ``securable``, by principal and privilege (two queries)."""
    users = _rows(get_user_obj_perms_model(securable)._default_manager.all(), securable, "user__user_name", "user_id")
    groups = _rows(get_group_obj_perms_model(securable)._default_manager.all(), securable, "group__name", "group_id")
    found = [_Row(Grant(name, privilege, securable), pk, None) for name, pk, privilege in users]
    found += [_Row(Grant(name, privilege, securable), None, pk) for name, pk, privilege in groups]
    return sorted(found, key=lambda row: (row.grant.principal, row.grant.privilege))


def _rows(table: QuerySet[Model], securable: Securable, name: str, key: str) -> Iterable[tuple[str, int, Privilege]]:
    rows = table.filter(content_object=securable).values_list(name, key, "permission__codename")
    return ((name, key, Privilege(codename.upper())) for name, key, codename in rows)


def _held_by(rows: Iterable[_Row], principal: Principal, group_ids: frozenset[int]) -> list[_Row]:
    user_id = principal.pk if isinstance(principal, User) else None
    return [row for row in rows if row.group_id in group_ids or (user_id is not None and row.user_id == user_id)]


def _with_containers(securable: Securable) -> list[Securable]:
    """``securable`` and its containers, from the inside out."""
    chain: list[Securable] = [securable]
    while not isinstance(chain[-1], Metastore) and chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    return chain


def _check(change: GrantChange, securable: Securable) -> Principal:
    """Refuse a change that is empty, contradicts itself or does not fit; return its principal."""
    if not change.add and not change.remove:
        raise InvalidParameterValue(f"The change for {change.principal!r} adds and removes nothing.")
    if both := set(change.add) & set(change.remove):
        raise InvalidParameterValue(f"{', '.join(p.words for p in sorted(both))} is both added and removed.")
    for privilege in (*change.add, *change.remove):
        if privilege not in GRANTABLE[securable.securable_type]:
            kind = f"{securable.securable_type}/{securable.securable_type}_STANDARD"
            raise InvalidParameterValue(
                f"Privilege {privilege.words} is not applicable to this entity [{securable.full_name}:{kind}]."
            )
    return ownership.find_principal(change.principal)


def _to_remove(change: GrantChange, securable: Securable) -> set[Privilege]:
    removed = set(change.remove)
    if Privilege.ALL_PRIVILEGES in removed:
        removed |= set(GRANTABLE[securable.securable_type]) - NOT_IN_ALL_PRIVILEGES - set(change.add)
    return removed


def _as_parameters(change: GrantChange) -> dict[str, object]:
    return {"principal": change.principal, "add": sorted(change.add), "remove": sorted(change.remove)}


def _name(principal: str) -> str:
    return str(ownership.find_principal(principal))
