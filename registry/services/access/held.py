"""What a principal holds, wherever it was granted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User, ancestors_and_self, group_ids_of, stands_for
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.kinds import KINDS, REFERRED_KINDS
from registry.kinds.kind import Kind
from registry.models import Metastore, RegisteredModel, Schema, Securable, Table
from registry.models.ending import in_force
from registry.privileges import Privilege
from registry.services.access.grants import Grant, Principal

MOST = 1_000
"""Objects of a kind whose grants are listed."""
_CONTAINERS: dict[type[Any], tuple[str, ...]] = {
    Schema: ("catalog",), RegisteredModel: ("schema__catalog",), Table: ("schema__catalog",)
}  # fmt: skip


def list_grants_to(*, actor: Actor, principal: Principal) -> list[Grant]:
    """Return the grants to ``principal`` itself, by object: for ``actor`` and its groups, those on what it may see;
    for others, those on objects whose grants ``actor`` may read.

    Raises InvalidParameterValue for grants on more than ``MOST`` objects of a kind.
    """
    is_own = stands_for(actor.principal, principal)
    return [
        Grant(principal, privilege, securable, ends_at)
        for kind in KINDS
        if hasattr(kind.model, "user_grants")
        for securable, privilege, ends_at in _on_kind(actor, kind, principal, is_own=is_own)
    ]


def _on_kind(
    actor: Actor, kind: Kind, principal: Principal, *, is_own: bool
) -> Iterator[tuple[Securable, Privilege, datetime | None]]:
    holder = "user" if isinstance(principal, User) else "group"
    grants: Any = getattr(kind.model, f"{holder}_grants").rel.related_model
    rows = in_force(grants.objects.filter(**{holder: principal.pk}))
    securables: Any = kind.model._default_manager.filter(pk__in=rows.values("content_object"))
    if kind.model is not Metastore:
        securables = securables.select_related(*_CONTAINERS.get(kind.model, ()))
        seen = authorization.visible(actor, securables)
        securables = seen if is_own else authorization.permitted(actor, Operation.READ_ALL_GRANTS, securables)
    elif not is_own and not authorization.is_administrator(actor):
        return
    shown = {securable.pk: securable for securable in securables[: MOST + 1]}
    if len(shown) > MOST:
        raise InvalidParameterValue(
            f"{principal} holds grants on more than {MOST:,} objects of a kind: ask for those ON one of them."
        )
    held = rows.filter(content_object__in=list(shown)).values_list("content_object", "permission__codename", "ends_at")
    by_codename = {privilege.codename: privilege for privilege in Privilege}
    found = [(shown[key], by_codename[codename], ends_at) for key, codename, ends_at in held]
    yield from sorted(found, key=lambda grant: (grant[0].full_name, grant[1]))


def list_effective_grants_to(*, actor: Actor, principal: Principal) -> list[Grant]:
    """Return what ``list_grants_to`` does for ``principal`` and every group that it is in; each grant names which."""
    if isinstance(principal, User):
        groups = set(group_ids_of(principal))
    else:
        groups = set(ancestors_and_self({principal.pk})) - {principal.pk}
    others = Group.objects.filter(pk__in=groups)
    everyone: list[Principal] = [principal, *others.order_by("name")]
    return [grant for each in everyone for grant in list_grants_to(actor=actor, principal=each)]


def list_owned(*, actor: Actor, principal: Principal, most: int) -> list[Securable]:
    """Return what ``principal`` itself owns and ``actor`` may see: ``most`` catalogs, schemas and models each."""
    holder = "owner_user" if isinstance(principal, User) else "owner_group"
    owned: list[Securable] = []
    for kind in REFERRED_KINDS:
        rows: Any = kind.model._default_manager.filter(**{holder: principal.pk})
        rows = rows.select_related(*_CONTAINERS.get(kind.model, ()))
        owned += authorization.visible(actor, rows)[:most]
    return owned
