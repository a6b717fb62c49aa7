"""Who owns a securable: its creator at first, then the principal that is named."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils import timezone

from accounts import models as accounts
from accounts.models import User
from registry.actor import Actor
from registry.exceptions import PrincipalDoesNotExist
from registry.kinds import KINDS
from registry.models import locks
from registry.models.owned import Owned


def of_creator(actor: Actor) -> dict[str, Any]:
    """Return the columns of a new row that say who made and owns it."""
    return {"owner_user": actor.principal, **made_by(actor)}


def made_by(actor: Actor) -> dict[str, Any]:
    """Return the columns of a new row that say who made it, and when."""
    now = timezone.now()
    return {"created_by": actor.name, "updated_by": actor.name, "created_at": now, "updated_at": now}


def of(principal: User | Group) -> dict[str, Any]:
    """Return the columns of a row that ``principal`` owns."""
    return {
        "owner_user": principal if isinstance(principal, User) else None,
        "owner_group": principal if isinstance(principal, Group) else None,
    }


def disown(principals: QuerySet[User] | QuerySet[Group]) -> None:
    """Hold ``principals``, who are to be deleted, and leave what they own without an owner. Its locks come first."""
    column = "owner_user" if principals.model is User else "owner_group"
    locks.going_principals()
    for kind in KINDS:
        if not issubclass(kind.model, Owned):
            continue
        owned = kind.model._default_manager.filter(**{f"{column}__in": principals.order_by().values("pk")})
        locks.hold_all(owned)
        owned.update(**{column: None})
    locks.going_all(principals)


def find_principal(name: str) -> User | Group:
    """Return the user, service principal or group called ``name``."""
    principal = accounts.find_principal(name)
    if principal is None:
        raise PrincipalDoesNotExist(f"Could not find principal with name {name}.")
    return principal
