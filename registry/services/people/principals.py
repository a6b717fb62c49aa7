"""Users and service principals: users who administrate the metastore make and change them; everyone sees them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User
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
"""Where the ids of groups begin on the wire: a principal is often named only by an id."""


def list_users(*, kind: User.Kind) -> QuerySet[User]:
    """Return users or service principals, by name, with the groups that list them."""
    return (
        User.objects.filter(kind=kind).select_related("second_factor").prefetch_related("groups").order_by("user_name")
    )


def id_of(principal: User | Group) -> int:
    """Return the id of a principal on the wire, which no other principal of any kind has."""
    return principal.pk + (GROUP_IDS_FROM if isinstance(principal, Group) else 0)


def find_by_id(number: int) -> User | Group:
    """Return the user, service principal or group with that id on the wire."""
    is_group = number >= GROUP_IDS_FROM
    principal = (
        Group.objects.filter(pk=number - GROUP_IDS_FROM).first() if is_group else User.objects.filter(pk=number).first()
    )
    if principal is None:
        raise PrincipalDoesNotExist(f"Could not find principal with id {number}.")
    return principal


def get_user(*, pk: int, kind: User.Kind) -> User:
    user = list_users(kind=kind).filter(pk=pk).first()
    if user is None:
        raise DoesNotExist(f"{kind.label} with id {pk} not found.")
    return user


def create_user(
    *, actor: Actor, kind: User.Kind, user_name: str = "", display_name: str = "", is_active: bool = True
) -> User:
    """Create a user, who has no password and no token yet; a service principal gets an application id if need be."""
    require_right(actor=actor)
    if not user_name and kind == User.Kind.SERVICE_PRINCIPAL:
        user_name = str(uuid.uuid4())
    taken = User.objects.filter(user_name=user_name.strip().lower())
    with free(taken, user_name):
        user = _checked(
            User(user_name=user_name.strip().lower(), kind=kind, display_name=display_name, is_active=is_active)
        )
        user.set_unusable_password()
        user.save()
        audit.principal_created(actor, user)
    return user


def update_user(*, actor: Actor, user: User, **changes: Any) -> User:
    """Change ``user_name``, ``display_name``, ``is_active`` or ``is_metastore_admin``.

    Deactivated users are out with the next request: their sessions, tokens and jobs no longer count.
    """
    require_right_over(actor, user)
    if user == actor.principal and False in (changes.get("is_active"), changes.get("is_metastore_admin")):
        raise InvalidParameterValue("You cannot deactivate yourself, or lay down your own administration.")
    if "user_name" in changes:
        changes["user_name"] = changes["user_name"].strip().lower()
    changes = {name: value for name, value in changes.items() if getattr(user, name) != value}
    parameters = {name: [getattr(user, name), value] for name, value in changes.items()}
    taken = User.objects.filter(user_name=changes.get("user_name")).exclude(pk=user.pk)
    with free(taken, changes.get("user_name", "")):
        for name, value in changes.items():
            setattr(user, name, value)
        if changes:
            _checked(user).save(update_fields=list(changes))
            audit.principal_updated(actor, user, parameters)
    return user


def delete_user(*, actor: Actor, user: User) -> None:
    """Delete a user with its tokens and grants. What it owned is left to administrators and owners of containers."""
    require_right_over(actor, user)
    if user == actor.principal:
        raise InvalidParameterValue("You cannot delete yourself.")
    with transaction.atomic():
        ownership.disown(User.objects.filter(pk=user.pk))
        locks.going(user)
        audit.principal_deleted(actor, user)
        user.delete()


def set_password(*, actor: Actor, user: User, password: str, end_tokens: bool = False) -> None:
    """Set the password of a person, whose sessions end with it, and their tokens if asked.

    Someone else's must be changed at the next sign-in. The caller has had it validated.
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
def free(taken: QuerySet[Any], name: str) -> Iterator[None]:
    """Open one transaction, in which a name is given that no one has, or gets in the meantime."""
    message = f"{name} already exists."
    if taken.exists():
        raise AlreadyExists(message)
    with naming.unless_taken(message):
        yield


def _checked(user: User) -> User:
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        raise InvalidParameterValue(" ".join(error.messages)) from error
    return user
