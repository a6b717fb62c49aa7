"""Groups: users who administrate the metastore make, fill and delete them; everyone sees them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Case, Count, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from accounts.models import EVERYONE, GroupNesting, User, ancestors_and_self, hold_nestings
from registry import audit, authorization
from registry.actor import Actor
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import locks
from registry.services.people.principals import free, require_right
from registry.services.shared import ownership


@dataclass(frozen=True)
class Members:
    """Keys of the users (service principals included) and of the groups in a group."""

    users: frozenset[int] = frozenset()
    groups: frozenset[int] = frozenset()

    @classmethod
    def of(cls, principal: User | Group) -> Members:
        key = frozenset({principal.pk})
        return cls(groups=key) if isinstance(principal, Group) else cls(users=key)


@dataclass(frozen=True)
class GroupChange:
    """A new name, members to take in and to take out; ``only`` lists the only members afterwards."""

    name: str | None = None
    add: Members = Members()
    remove: Members = Members()
    only: Members | None = None

    @property
    def nests(self) -> bool:
        """Whether it puts a group into the group."""
        return bool(self.add.groups or (self.only is not None and self.only.groups))


def list_groups() -> QuerySet[Group]:
    """Return groups, by name, with the users and the groups in them."""
    return Group.objects.prefetch_related("user_set", "child_nestings__child", "parent_nestings__parent").order_by(
        "name"
    )


def list_group_sizes() -> QuerySet[Group]:
    """Return groups, by name, with ``users`` and ``groups``: how many of each are directly in them."""

    def count(rows: QuerySet[Any], group: str) -> Coalesce:
        members = rows.filter(**{group: OuterRef("pk")}).order_by().values(group)
        return Coalesce(Subquery(members.annotate(count=Count("pk")).values("count")), 0)

    everybody = User.objects.filter(is_active=True).count()
    listed = count(User.groups.through.objects.all(), "group")
    return (
        Group.objects.annotate(users=Case(When(name=EVERYONE, then=Value(everybody)), default=listed))
        .annotate(groups=count(GroupNesting.objects.all(), "parent"))
        .prefetch_related("parent_nestings__parent")
        .order_by("name")
    )


def get_group(*, pk: int) -> Group:
    group = list_groups().filter(pk=pk).first()
    if group is None:
        raise DoesNotExist(f"Group with id {pk} not found.")
    return group


def create_group(*, actor: Actor, name: str, members: Members) -> Group:
    require_right(actor=actor)
    name = _group_name(name)
    with free(Group.objects.filter(name=name), name):
        group = Group.objects.create(name=name)
        audit.principal_created(actor, group, members=_names(members))
        _add(group, members)
    authorization.forget(actor)
    return get_group(pk=group.pk)


def change_group(*, actor: Actor, group: Group, changes: Sequence[GroupChange]) -> Group:
    """Make all ``changes`` to a group, in their order, or none."""
    require_right(actor=actor)
    _require_own(group)
    with transaction.atomic():
        locks.share_principals()
        if any(change.nests for change in changes):
            hold_nestings()
        locks.hold(group)  # only one transaction at a time changes who is in it
        parameters = [_as_parameters(change) for change in changes]
        for change in changes:
            _change(group, change)
        audit.principal_updated(actor, group, parameters)
    authorization.forget(actor)
    return get_group(pk=group.pk)


def delete_group(*, actor: Actor, group: Group) -> None:
    """Delete a group with its grants; its members stay."""
    require_right(actor=actor)
    _require_own(group)
    with transaction.atomic():
        ownership.disown(Group.objects.filter(pk=group.pk))
        locks.going(group)
        audit.principal_deleted(actor, group)
        group.delete()
    authorization.forget(actor)


def _change(group: Group, change: GroupChange) -> None:
    if change.name is not None and change.name != group.name:
        name = _group_name(change.name)
        with free(Group.objects.filter(name=name).exclude(pk=group.pk), name):
            group.name = name
            group.save(update_fields=["name"])
    if change.only is not None:
        group.user_set.clear()
        group.child_nestings.all().delete()
        _add(group, change.only)
    group.user_set.remove(*User.objects.filter(pk__in=change.remove.users))
    group.child_nestings.filter(child__in=change.remove.groups).delete()
    _add(group, change.add)


def _as_parameters(change: GroupChange) -> dict[str, Any]:
    """A change as the audit event keeps it."""
    parameters: dict[str, Any] = {} if change.name is None else {"name": change.name}
    for word, members in (("add", change.add), ("remove", change.remove), ("only", change.only)):
        if members is not None and (members.users or members.groups or word == "only"):
            parameters[word] = _names(members)
    return parameters


def _names(members: Members) -> list[str]:
    """Members by name: their keys mean nothing to anyone once they are gone."""
    users = User.objects.filter(pk__in=members.users).values_list("user_name", flat=True)
    groups = Group.objects.filter(pk__in=members.groups).values_list("name", flat=True)
    return sorted([*users, *groups])


def _add(group: Group, members: Members) -> None:
    users = User.objects.filter(pk__in=members.users)
    groups = Group.objects.filter(pk__in=members.groups)
    _require_all(members.users, users)
    _require_all(members.groups, groups)
    if members.groups & ancestors_and_self({group.pk}):
        raise InvalidParameterValue("That would put a group into itself.")
    group.user_set.add(*users)
    for child in groups:
        GroupNesting.objects.get_or_create(parent=group, child=child)


def _require_own(group: Group) -> None:
    if group.name == EVERYONE:
        raise InvalidParameterValue(f"Everybody is in {EVERYONE!r}: it cannot be changed.")


def _require_all(keys: Iterable[int], rows: QuerySet[Any]) -> None:
    if missing := set(keys) - set(rows.values_list("pk", flat=True)):
        raise InvalidParameterValue(f"There is no principal with id {min(missing)}.")


def _group_name(name: str) -> str:
    """A name without blanks around it, as grants look for it."""
    name = name.strip()
    if not 1 <= len(name) <= 150:
        raise InvalidParameterValue("A group's name has 1 to 150 characters.")
    return name
