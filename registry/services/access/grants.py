"""Grants: who holds which privilege on what, read and changed. Guardian's rows are the only store of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from accounts.models import User, ancestors_and_self, group_ids_of, stands_for, users_in
from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.authorization.deltas import GrantDelta
from registry.authorization.explaining import grants_on
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.kinds import kind_of
from registry.models import Metastore, Securable, locks, rewrite_grants
from registry.models.grants import Rewritten
from registry.privileges import GRANTABLE, NOT_IN_ALL_PRIVILEGES, Privilege

Principal = User | Group


@dataclass(frozen=True)
class GrantChange:
    """Privileges to give to and take from one principal. What is given counts until ``ends_at`` (None: for good).

    ``is_exact``: only ALL PRIVILEGES is taken, without what it implies. Of what was really done, ``extended`` is what
    lasts longer than before; for what was taken, ``ends_at`` is when it would have ended.
    """

    principal: Principal
    add: tuple[Privilege, ...] = ()
    remove: tuple[Privilege, ...] = ()
    ends_at: datetime | None = None
    is_exact: bool = False
    extended: tuple[Privilege, ...] = ()


@dataclass(frozen=True)
class Grant:
    """A privilege that a principal holds, the securable on which it was granted, and when it ends, if it does."""

    principal: Principal
    privilege: Privilege
    granted_on: Securable
    ends_at: datetime | None = None


def list_grants(*, actor: Actor, securable: Securable, principal: Principal | None = None) -> list[Grant]:
    """Return direct grants on ``securable``, by principal: all for users who manage it, otherwise the actor's own."""
    grants = _seen_by(actor, securable, principal, _grants_on([securable]))
    return [grant for grant in grants if principal is None or grant.principal == principal]


def list_effective_grants(*, actor: Actor, securable: Securable, principal: Principal | None = None) -> list[Grant]:
    """Return direct and inherited grants. For one principal, also those that it holds through its groups."""
    applicable = GRANTABLE[securable.securable_type]
    grants = [grant for grant in _grants_on(with_containers(securable)) if grant.privilege in applicable]
    grants = _seen_by(actor, securable, principal, grants)
    return grants if principal is None else _held_by(principal, grants)


def update_grants(
    *, actor: Actor, securable: Securable, changes: Iterable[GrantChange], with_prerequisites: bool = False
) -> list[tuple[Securable, GrantChange]]:
    """Apply all ``changes`` or none, and return what was really granted and revoked, and on what.

    Revoking what is not granted isn't an error.

    Revoking ALL PRIVILEGES also revokes what it implies and was granted singly (Unity Catalog's current rule).
    ``with_prerequisites`` also grants the USE of what contains ``securable`` to each principal who is given something.
    """
    return _apply_all(actor, _planned(actor, securable, changes, with_prerequisites=with_prerequisites))


def update_several(
    *, actor: Actor, changes: Sequence[tuple[Securable, GrantChange]]
) -> list[tuple[Securable, GrantChange]]:
    """Apply all ``changes`` or none: of several objects, from the inside out as ``update_grants`` returns them."""
    return _apply_all(actor, [_step(actor, securable, [change]) for securable, change in changes])


def _apply_all(actor: Actor, steps: Sequence[_Step]) -> list[tuple[Securable, GrantChange]]:
    with transaction.atomic(savepoint=False):  # nothing is refused any more
        locks.share_principals()
        # Containers are locked first, as where they are deleted.
        done = [each for changed, its_changes in reversed(steps) for each in _apply(actor, changed, its_changes)]
    authorization.forget(actor)
    return done[::-1]


def planned_deltas(
    *, actor: Actor, securable: Securable, changes: Iterable[GrantChange], with_prerequisites: bool = False
) -> list[GrantDelta]:
    """Return what ``update_grants`` would do, and raise what it would raise; nothing is written."""
    steps = _planned(actor, securable, changes, with_prerequisites=with_prerequisites)
    return [
        GrantDelta(changed, change.principal, frozenset(change.add), frozenset(_to_remove(change, changed)))
        for changed, its_changes in steps
        for change in its_changes
    ]


_Step = tuple[Securable, list[GrantChange]]


def _planned(
    actor: Actor, securable: Securable, changes: Iterable[GrantChange], *, with_prerequisites: bool
) -> list[_Step]:
    """Return the changes for ``securable`` and its containers, from the inside out, if ``actor`` may make them.

    The right is checked first: ``changes`` may look up their principals as they are iterated.
    """
    steps = [_step(actor, securable, changes)]
    _, own = steps[0]
    if with_prerequisites and (gaining := [change for change in own if change.add]):
        for container, use in prerequisites_of(securable):
            given = [GrantChange(change.principal, add=(use,), ends_at=change.ends_at) for change in gaining]
            steps.append(_step(actor, container, given))
    return steps


def _step(actor: Actor, securable: Securable, changes: Iterable[GrantChange]) -> _Step:
    authorization.require(actor, Operation.MANAGE_GRANTS, securable)
    own = _by_principal(changes)
    for change in own:
        _check(change, securable)
    return securable, own


def _by_principal(changes: Iterable[GrantChange]) -> list[GrantChange]:
    """Return one change for each principal, however often and by whatever name it occurs in ``changes``.

    Applied one by one, changes that contradict each other would depend on their order; united they are refused.
    """
    united: dict[Principal, GrantChange] = {}
    for change in changes:
        if not change.add and not change.remove:
            raise InvalidParameterValue(f"The change for {str(change.principal)!r} adds and removes nothing.")
        before = united.get(change.principal, GrantChange(change.principal, ends_at=change.ends_at))
        if before.ends_at != change.ends_at:
            raise InvalidParameterValue(f"What {change.principal} is granted at once has one end.")
        add, remove = (*before.add, *change.add), (*before.remove, *change.remove)
        united[change.principal] = replace(change, add=tuple(dict.fromkeys(add)), remove=tuple(dict.fromkeys(remove)))
    return list(united.values())


def _apply(actor: Actor, securable: Securable, changes: Sequence[GrantChange]) -> list[tuple[Securable, GrantChange]]:
    locks.hold(securable)
    done, told = [], []
    for change in changes:
        rewritten = rewrite_grants(
            securable,
            change.principal,
            add={privilege.codename for privilege in change.add},
            remove={privilege.codename for privilege in _to_remove(change, securable)},
            ends_at=change.ends_at,
        )
        done += [(securable, real) for real in _really(change, rewritten)]
        told.append(_as_parameters(change, has_end=bool(rewritten.added or rewritten.extended)))
    if changes:
        audit.permissions_updated(actor, securable, told)
    return done


def _really(change: GrantChange, rewritten: Rewritten) -> Iterator[GrantChange]:
    """What was done: one change for what was given, and one for each end of what was taken."""
    added, extended = _of_codenames(rewritten.added), _of_codenames(rewritten.extended)
    if added or extended:
        yield replace(change, add=added, remove=(), extended=extended)
    for end in set(rewritten.removed.values()):
        gone = [codename for codename, its_end in rewritten.removed.items() if its_end == end]
        yield replace(change, add=(), remove=_of_codenames(gone), ends_at=end)


def _of_codenames(codenames: Collection[str]) -> tuple[Privilege, ...]:
    return tuple(privilege for privilege in Privilege if privilege.codename in codenames)


def prerequisites_of(securable: Securable) -> list[tuple[Securable, Privilege]]:
    """Return what users need before they can use ``securable``: the USE of each container, the inner one first."""
    containers = with_containers(securable)[1:]
    uses = [(container, kind_of(container).use) for container in containers]
    return [(container, use) for container, use in uses if use is not None]


def may_grant_prerequisites(*, actor: Actor, securable: Securable) -> bool | None:
    """Return whether ``actor`` may grant what ``prerequisites_of`` names; None where nothing is needed."""
    containers = [container for container, _ in prerequisites_of(securable)]
    return (
        all(authorization.allows(actor, Operation.MANAGE_GRANTS, each) for each in containers) if containers else None
    )


def holds_all(
    principal: Principal, securable: Securable, privileges: Sequence[Privilege], until: datetime | None
) -> bool:
    """Return whether ``principal`` holds all ``privileges`` on ``securable`` by grants of its own or of its groups that
    last until then (None: for good)."""
    grants = _held_by(principal, _grants_on(with_containers(securable)))
    held = {grant.privilege for grant in grants if lasts(grant.ends_at, until)}
    if Privilege.ALL_PRIVILEGES in held:
        held |= set(GRANTABLE[securable.securable_type]) - NOT_IN_ALL_PRIVILEGES
    return set(privileges) <= held


def list_members(*, actor: Actor, securable: Securable, group: int) -> tuple[Group, list[User]]:
    """Return a group to which something that applies to ``securable`` is granted, and its active users, by name.

    For users who see all grants on it; it reveals nothing about other groups.
    """
    authorization.require(actor, Operation.READ_ALL_GRANTS, securable)
    holders = (grant.principal for grant in list_effective_grants(actor=actor, securable=securable))
    holder = next((each for each in holders if isinstance(each, Group) and each.pk == group), None)
    if holder is None:
        raise DoesNotExist(f"No such group has access to {securable.full_name}.")
    return holder, members_of(holder)


def lasts(ends_at: datetime | None, until: datetime | None) -> bool:
    """Return whether what ends then (None: never) still counts ``until`` another time."""
    return ends_at is None or (until is not None and ends_at >= until)


def members_of(group: Group) -> list[User]:
    """Return the active users in ``group``, by name."""
    return list(users_in(group).order_by("user_name"))


def _grants_on(securables: Sequence[Securable]) -> list[Grant]:
    return [Grant(*row) for row in grants_on(securables)]


def _seen_by(actor: Actor, securable: Securable, principal: Principal | None, grants: list[Grant]) -> list[Grant]:
    """Return those of ``grants`` that ``actor`` may see: all, or only its own and its groups'."""
    if authorization.allows(actor, Operation.READ_ALL_GRANTS, securable):
        return grants
    me = actor.principal
    if principal is not None and not stands_for(me, principal):
        authorization.require(actor, Operation.READ_ALL_GRANTS, securable)
    return _held_by(me, grants, authorization.group_ids(actor))


def _held_by(principal: Principal, grants: list[Grant], groups: Collection[int] | None = None) -> list[Grant]:
    """Of ``grants``, what ``principal`` holds, itself or through its ``groups`` (which are read, if not given)."""
    if groups is None:
        groups = ancestors_and_self({principal.pk}) if isinstance(principal, Group) else group_ids_of(principal)
    return [
        grant
        for grant in grants
        if grant.principal == principal or (isinstance(grant.principal, Group) and grant.principal.pk in groups)
    ]


def with_containers(securable: Securable) -> list[Securable]:
    """Return ``securable`` and its containers, from the inside out."""
    chain: list[Securable] = [securable]
    while not isinstance(chain[-1], Metastore) and chain[-1].parent is not None:
        chain.append(chain[-1].parent)
    return chain


def _check(change: GrantChange, securable: Securable) -> None:
    """Refuse a change that contradicts itself or does not fit."""
    if both := set(change.add) & set(change.remove):
        raise InvalidParameterValue(f"{', '.join(p.words for p in sorted(both))} is both added and removed.")
    if change.ends_at is not None and change.ends_at <= timezone.now():
        raise InvalidParameterValue("A grant can't end in the past.")
    for privilege in (*change.add, *change.remove):
        if privilege not in GRANTABLE[securable.securable_type]:
            kind = f"{securable.securable_type}/{securable.securable_type}_STANDARD"
            raise InvalidParameterValue(
                f"Privilege {privilege.words} is not applicable to this entity [{securable.full_name}:{kind}]. If this "
                "seems unexpected, please check the privilege version of the metastore in use [1.0]."
            )


def _to_remove(change: GrantChange, securable: Securable) -> set[Privilege]:
    removed = set(change.remove)
    if Privilege.ALL_PRIVILEGES in removed and not change.is_exact:
        removed |= set(GRANTABLE[securable.securable_type]) - NOT_IN_ALL_PRIVILEGES - set(change.add)
    return removed


def _as_parameters(change: GrantChange, *, has_end: bool) -> dict[str, object]:
    told = {"principal": str(change.principal), "add": sorted(set(change.add)), "remove": sorted(set(change.remove))}
    return {**told, **({"ends_at": change.ends_at.isoformat()} if change.ends_at and has_end else {})}
