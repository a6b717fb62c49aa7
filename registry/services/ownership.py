"""Who owns a securable: its creator at first, and whom it is handed over to."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from accounts import models as accounts
from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import PrincipalDoesNotExist
from registry.models import Catalog, Schema


def of_creator(actor: Actor) -> dict[str, Any]:
    """The columns of a new row that say who made and owns it."""
    return {"owner_user": actor.principal, "created_by": actor.name, "updated_by": actor.name}


def transfer(actor: Actor, securable: Catalog | Schema, owner: str) -> None:
    """Make ``owner`` the one owner. Of catalogs and schemas, whoever manages them may name anybody."""
    authorization.require(actor, Operation.TRANSFER_OWNERSHIP, securable)
    principal = find_principal(owner)
    securable.owner_user = principal if isinstance(principal, User) else None
    securable.owner_group = principal if isinstance(principal, Group) else None
    securable.save(update_fields=["owner_user", "owner_group"])
    authorization.forget(actor)


def find_principal(name: str) -> User | Group:
    """The user, service principal or group called ``name``."""
    principal = accounts.find_principal(name)
    if principal is None:
        raise PrincipalDoesNotExist(f"Could not find principal with name {name}.")
    return principal
