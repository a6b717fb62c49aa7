"""Users, service principals and groups: who administrates the metastore makes and changes them, everybody sees them."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from accounts.models import EVERYONE, GroupNesting, User, ancestors_and_self, hold_nestings
from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.denials import Attempt, DenialKind
from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidParameterValue,
    PrincipalDoesNotExist,
)
from registry.models import Metastore, locks
from registry.services.people import tokens
from registry.services.shared import naming, ownership

GROUP_IDS_FROM = 10**12
"""Where the ids of groups begin on the wire: a principal is often named by an id alone."""


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
    """A new name, members to take in and to take out; ``only`` says who alone is in the group afterwards."""

    name: str | None = None
    add: Members = Members()
    remove: Members = Members()
    only: Members | None = None

    @property
    def nests(self) -> bool:
        """Whether it puts a group into the group."""
        return bool(self.add.groups or (self.only is not None and self.only.groups))


def list_users(*, kind: User.Kind) -> QuerySet[User]:
    """Users or service principals, by name, with the groups that list them."""
    return (
        User.objects.filter(kind=kind).select_related("second_factor").prefetch_related("groups").order_by("user_name")
    )


def list_groups() -> QuerySet[Group]:
    """Groups, by name, with the users and the groups in them."""
    return Group.objects.prefetch_related("user_set", "child_nestings__child", "parent_nestings__parent").order_by(
        "name"
    )


def list_group_sizes() -> QuerySet[Group]:
    """Groups, by name, with ``users`` and ``groups``: how many of each are directly in them."""

    def count(rows: QuerySet[Any], group: str) -> Coalesce:
        members = rows.filter(**{group: OuterRef("pk")}).order_by().values(group)
        return Coalesce(Subquery(members.annotate(count=Count("pk")).values("count")), 0)

    return (
        Group.objects.annotate(users=count(User.groups.through.objects.all(), "group"))
        .annotate(groups=count(GroupNesting.objects.all(), "parent"))
        .prefetch_related("parent_nestings__parent")
        .order_by("name")
    )


def id_of(principal: User | Group) -> int:
    """The id of a principal on the wire, which no other principal of any kind has."""
    return principal.pk + (GROUP_IDS_FROM if isinstance(principal, Group) else 0)


def find_by_id(number: int) -> User | Group:
    """The user, service principal or group with that id on the wire."""
    is_group = number >= GROUP_IDS_FROM
    found = (
        Group.objects.filter(pk=number - GROUP_IDS_FROM).first() if is_group else User.objects.filter(pk=number).first()
    )
    if found is None:
        raise PrincipalDoesNotExist(f"Could not find principal with id {number}.")
    return found


def get_user(*, pk: int, kind: User.Kind) -> User:
    user = list_users(kind=kind).filter(pk=pk).first()
    if user is None:
        raise DoesNotExist(f"{kind.label} with id {pk} not found.")
    return user


def get_group(*, pk: int) -> Group:
    group = list_groups().filter(pk=pk).first()
    if group is None:
        raise DoesNotExist(f"Group with id {pk} not found.")
    return group


def create_user(
    *, actor: Actor, kind: User.Kind, user_name: str = "", display_name: str = "", is_active: bool = True
) -> User:
    """Create a user, who has no password and no token yet; a service principal gets an application id if need be."""
    require_right(actor=actor)
    if not user_name and kind == User.Kind.SERVICE_PRINCIPAL:
        user_name = str(uuid.uuid4())
    taken = User.objects.filter(user_name=user_name.strip().lower())
    with _free(taken, user_name):
        user = _checked(
            User(user_name=user_name.strip().lower(), kind=kind, display_name=display_name, is_active=is_active)
        )
        user.set_unusable_password()
        user.save()
        audit.principal_created(actor, user)
    return user


def update_user(*, actor: Actor, user: User, **changes: Any) -> User:
    """Change ``user_name``, ``display_name``, ``is_active`` or ``is_metastore_admin``.

    Who is deactivated is out with the next request: sessions, tokens and jobs count no more.
    """
    require_right_over(actor, user)
    if user == actor.principal and False in (changes.get("is_active"), changes.get("is_metastore_admin")):
        raise InvalidParameterValue("You cannot deactivate yourself, or lay down your own administration.")
    if "user_name" in changes:
        changes["user_name"] = changes["user_name"].strip().lower()
    changes = {name: value for name, value in changes.items() if getattr(user, name) != value}
    told = {name: [getattr(user, name), value] for name, value in changes.items()}
    taken = User.objects.filter(user_name=changes.get("user_name")).exclude(pk=user.pk)
    with _free(taken, changes.get("user_name", "")):
        for name, value in changes.items():
            setattr(user, name, value)
        if changes:
            _checked(user).save(update_fields=list(changes))
            audit.principal_updated(actor, user, told)
    return user


def delete_user(*, actor: Actor, user: User) -> None:
    """Delete a user with its tokens and grants. What it owned is left to administrators and owners of containers."""
    require_right_over(actor, user)
    if user == actor.principal:
        raise InvalidParameterValue("You cannot delete yourself.")
    with transaction.atomic():
        ownership.disown(user)
        locks.going(user)
        audit.principal_deleted(actor, user)
        user.delete()


def create_group(*, actor: Actor, name: str, members: Members) -> Group:
    require_right(actor=actor)
    name = _group_name(name)
    with _free(Group.objects.filter(name=name), name):
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
        if any(change.nests for change in changes):
            hold_nestings()
        locks.hold(group)  # one at a time changes who is in it
        told = [_as_parameters(change) for change in changes]
        for change in changes:
            _change(group, change)
        audit.principal_updated(actor, group, told)
    authorization.forget(actor)
    return get_group(pk=group.pk)


def delete_group(*, actor: Actor, group: Group) -> None:
    """Delete a group with its grants; its members stay."""
    require_right(actor=actor)
    _require_own(group)
    with transaction.atomic():
        ownership.disown(group)
        locks.going(group)
        audit.principal_deleted(actor, group)
        group.delete()
    authorization.forget(actor)


def _change(group: Group, change: GroupChange) -> None:
    if change.name is not None and change.name != group.name:
        name = _group_name(change.name)
        with _free(Group.objects.filter(name=name).exclude(pk=group.pk), name):
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
    told: dict[str, Any] = {} if change.name is None else {"name": change.name}
    for word, members in (("add", change.add), ("remove", change.remove), ("only", change.only)):
        if members is not None and (members.users or members.groups or word == "only"):
            told[word] = _names(members)
    return told


def _names(members: Members) -> list[str]:
    """Members by name: their keys tell nobody anything once they are gone."""
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


def set_password(*, actor: Actor, user: User, password: str, end_tokens: bool = False) -> None:
    """Set the password of a person, whose sessions end with it, and their tokens if asked.

    Somebody else's is to be changed at the next sign-in. The caller has had it validated.
    """
    require_right_over(actor, user)
    if user.kind != User.Kind.USER:
        raise InvalidParameterValue("A service principal has no password.")
    _set_password(actor, user, password, must_change=user != actor.principal, end_tokens=end_tokens)


def change_own_password(*, actor: Actor, password: str, end_tokens: bool = False) -> None:
    """Set the actor's own password. The caller has had the old one proved and the new one validated."""
    _set_password(actor, actor.principal, password, must_change=False, end_tokens=end_tokens)


def _set_password(actor: Actor, user: User, password: str, *, must_change: bool, end_tokens: bool) -> None:
    user.set_password(password)  # slow: no transaction waits for it
    user.must_change_password = must_change
    with transaction.atomic():
        user.save(update_fields=["password", "must_change_password"])
        audit.principal_updated(actor, user, ["password"])
        if end_tokens:
            tokens.revoke_tokens_of(actor=actor, owner=user)


def require_right(*, actor: Actor) -> None:
    """Raise unless ``actor`` administrates users, service principals and groups."""
    authorization.require(actor, Operation.MANAGE_PRINCIPALS, Metastore.current())


def require_right_over(actor: Actor, user: User) -> None:
    """Raise unless ``actor`` may change the account of ``user``.

    Administrators of the metastore do not become superusers of the installation by taking over an account.
    """
    require_right(actor=actor)
    if user.is_superuser and not actor.principal.is_superuser:
        message = "Only a superuser changes the account of a superuser."
        kind = DenialKind.MISSING_PRIVILEGE
        raise authorization.refusal_of(actor, kind, Attempt.MANAGE_PRINCIPALS, user.user_name, message)


@contextmanager
def _free(taken: QuerySet[Any], name: str) -> Iterator[None]:
    """One transaction, in which a name is given that nobody has, or gets meanwhile."""
    message = f"{name} already exists."
    if taken.exists():
        raise AlreadyExists(message)
    with naming.unless_taken(taken, message):
        yield


def _require_own(group: Group) -> None:
    if group.name == EVERYONE:
        raise InvalidParameterValue(f"Everybody is in {EVERYONE!r}: it cannot be changed.")


def _require_all(wanted: Iterable[int], found: QuerySet[Any]) -> None:
    if missing := set(wanted) - set(found.values_list("pk", flat=True)):
        raise InvalidParameterValue(f"There is no principal with id {min(missing)}.")


def _group_name(name: str) -> str:
    """A name without blanks around it, as grants look for it."""
    name = name.strip()
    if not 1 <= len(name) <= 150:
        raise InvalidParameterValue("A group's name has 1 to 150 characters.")
    return name


def _checked(user: User) -> User:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidParameterValue(" ".join(error.messages)) from error
    return user
