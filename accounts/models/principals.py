"""Users, service principals, and groups within groups. Knows nothing of catalogs."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.db.models import F, Q, Value
from django.db.models.functions import Lower
from django.utils import timezone
from guardian.mixins import GuardianUserMixin

EVERYONE = "account users"
"""The group that every active principal belongs to without being listed in it."""


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(user_name=(username or "").strip().lower())

    def create_user(self, user_name: str, password: str | None = None, **fields: Any) -> User:
        """Create a user, or a service principal when ``kind`` says so; names are kept in lower case."""
        user = self.model(user_name=user_name.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, user_name: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator of the Django admin and of the metastore."""
        return self.create_user(
            user_name, password, is_staff=True, is_superuser=True, is_metastore_admin=True, **fields
        )


class User(GuardianUserMixin, PermissionsMixin, AbstractBaseUser):
    """Someone who may ask: a person (``user_name`` is an e-mail) or a service principal (an application id)."""

    class Kind(models.TextChoices):
        USER = "USER"
        SERVICE_PRINCIPAL = "SERVICE_PRINCIPAL"

    user_name = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.USER)
    display_name = models.CharField(max_length=255, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("can sign in to the Django admin", default=False)
    is_metastore_admin = models.BooleanField("metastore administrator", default=False)
    # Someone else has set the password, and knows it until its owner has set another one.
    must_change_password = models.BooleanField("has to set another password", default=False)
    # Who this is to the provider of single sign-on: e-mails change hands there, subjects do not.
    sso_subject = models.CharField(max_length=500, unique=True, null=True, blank=True, editable=False)
    sso_groups = models.ManyToManyField(Group, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "user_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ("user_name",)
        constraints = [models.CheckConstraint(condition=Q(user_name=Lower("user_name")), name="user_name_lower_case")]

    def __str__(self) -> str:
        return self.user_name

    def clean(self) -> None:
        """Hold a person to an e-mail and a service principal to an application id (a UUID)."""
        self.user_name = self.user_name.strip().lower()
        if self.kind == self.Kind.USER:
            EmailValidator("A user's name is an e-mail address.")(self.user_name)
            return
        try:
            uuid.UUID(self.user_name)
        except ValueError as error:
            raise ValidationError(
                {"user_name": "A service principal's name is its application id (a UUID)."}
            ) from error

    def get_full_name(self) -> str:
        return self.display_name or self.user_name


class GroupNesting(models.Model):
    """``child`` is a member of ``parent``: users who are in the child are in the parent too."""

    parent = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="child_nestings")
    child = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="parent_nestings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="group_nesting_once"),
            models.CheckConstraint(condition=~Q(parent=F("child")), name="group_not_in_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.child} in {self.parent}"

    def clean(self) -> None:
        hold_nestings()
        if self.child_id in ancestors_and_self({self.parent_id}):
            raise ValidationError("That would put a group into itself.")


def hold_nestings() -> None:
    """Let one transaction at a time put groups into groups: two nestings that are each allowed can make a circle.

    The row of the group of everyone, which never changes, represents all nestings. It is held before any other group.
    """
    list(Group.objects.filter(name=EVERYONE).select_for_update(no_key=True).values_list("pk", flat=True))


def ancestors_and_self(group_ids: set[int]) -> set[int]:
    """Return every group that members of ``group_ids`` are in through nesting (one query, cycles tolerated)."""
    return closure(group_ids, group_parents())


def group_parents() -> dict[int, set[int]]:
    """Return, for each group, the groups that it is in directly (one query)."""
    parents: dict[int, set[int]] = {}
    for parent, child in GroupNesting.objects.values_list("parent_id", "child_id"):
        parents.setdefault(child, set()).add(parent)
    return parents


def closure(start: set[int], edges: dict[int, set[int]]) -> set[int]:
    """Return ``start`` and everything that ``edges`` lead to from there."""
    reached, frontier = set(start), set(start)
    while frontier:
        frontier = {after for before in frontier for after in edges.get(before, ())} - reached
        reached |= frontier
    return reached


def group_ids_of(user: User) -> frozenset[int]:
    """Return the ids of all groups ``user`` is in: directly, through nesting, and the group of everyone (one query)."""
    return group_ids_of_each([user])[user.pk]


def group_ids_of_each(users: Collection[User]) -> dict[int, frozenset[int]]:
    """Return ``group_ids_of`` each of ``users``, by their keys (one query, however many they are)."""
    direct: dict[int, set[int]] = {user.pk: set() for user in users}
    parents: dict[int, set[int]] = {}
    none = Value(0)  # no key of a row
    memberships = User.groups.through.objects.filter(user__in=direct).values_list("user_id", none, "group_id")
    everybody = Group.objects.filter(name=EVERYONE).values_list(none, none, "pk")
    nestings = GroupNesting.objects.values_list(none, "child_id", "parent_id")
    for member, child, group in memberships.union(everybody, nestings):
        if child:
            parents.setdefault(child, set()).add(group)
            continue
        for groups in [direct[member]] if member else direct.values():
            groups.add(group)
    return {user: frozenset(closure(groups, parents)) for user, groups in direct.items()}


def users_in(group: Group) -> models.QuerySet[User]:
    """Return the active users in ``group``: directly, through nesting, or because everyone is (two queries)."""
    if group.name == EVERYONE:
        return User.objects.filter(is_active=True)
    children: dict[int, set[int]] = {}
    for parent, child in GroupNesting.objects.values_list("parent_id", "child_id"):
        children.setdefault(parent, set()).add(child)
    return User.objects.filter(is_active=True, groups__in=closure({group.pk}, children)).distinct()


def groups_of(user: User) -> models.QuerySet[Group]:
    """Return all groups ``user`` is in, by name."""
    return Group.objects.filter(pk__in=group_ids_of(user)).order_by("name")


def stands_for(user: User, principal: User | Group) -> bool:
    """Return whether ``principal`` is ``user``, or a group that ``user`` is in."""
    return principal == user or (isinstance(principal, Group) and principal.pk in group_ids_of(user))


def find_principal(name: str) -> User | Group | None:
    """Return the user, service principal or group called ``name``; users win, as their names look like nothing else."""
    name = name.strip()
    if "\0" in name:  # which PostgreSQL does not even compare
        return None
    return User.objects.filter(user_name=name.lower()).first() or Group.objects.filter(name=name).first()
