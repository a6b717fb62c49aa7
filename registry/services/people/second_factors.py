"""The second factor of an account: its owner sets it up and removes it, administrators reset it."""

from __future__ import annotations

from django.db import transaction

from accounts import second_factors as mechanics
from accounts.models import Scope, SecondFactor, User
from registry import audit, authorization
from registry.actor import Actor
from registry.denials import Attempt
from registry.exceptions import DoesNotExist, InvalidParameterValue, InvalidState
from registry.models import locks
from registry.services.people import principals


def find_second_factor(*, actor: Actor) -> SecondFactor | None:
    """Return the actor's own second factor."""
    return SecondFactor.objects.filter(user=actor.principal).first()


def enrol(*, actor: Actor, secret: bytes, code: str) -> list[str]:
    """Set up an app that holds ``secret`` and shows ``code`` now; return the recovery codes, which are shown once."""
    authorization.require_scope(actor, Scope.ADMIN, Attempt.MANAGE_SECOND_FACTOR)
    if not actor.principal.has_usable_password():
        raise InvalidState("Users who sign in without a password have no second factor here.")
    step = mechanics.step_of(secret, code, after=0)
    if step is None:
        raise InvalidParameterValue("This is not the code that the app shows now.")
    with transaction.atomic():
        locks.hold(actor.principal)  # setting up two at once leaves one
        if find_second_factor(actor=actor) is not None:
            raise InvalidState("There is a second factor already.")
        sealed = mechanics.seal(secret)
        factor = SecondFactor.objects.create(user=actor.principal, sealed_secret=sealed, last_step=step)
        audit.principal_updated(actor, actor.principal, {"second_factor": [False, True]})
        return factor.renew_recovery_codes()


def renew_recovery_codes(*, actor: Actor) -> list[str]:
    """Replace the recovery codes, used and unused ones."""
    authorization.require_scope(actor, Scope.ADMIN, Attempt.MANAGE_SECOND_FACTOR)
    with transaction.atomic():
        locks.hold(actor.principal)
        factor = find_second_factor(actor=actor)
        if factor is None:
            raise DoesNotExist("There is no second factor.")
        audit.principal_updated(actor, actor.principal, ["recovery_codes"])
        return factor.renew_recovery_codes()


def remove(*, actor: Actor) -> None:
    """Remove the actor's own: only the password is needed to sign in again."""
    authorization.require_scope(actor, Scope.ADMIN, Attempt.MANAGE_SECOND_FACTOR)
    _delete(actor, actor.principal)


def reset(*, actor: Actor, user: User) -> None:
    """Remove that of another user, who has lost the app and the recovery codes."""
    principals.require_right_over(actor, user)
    _delete(actor, user)


def _delete(actor: Actor, user: User) -> None:
    with transaction.atomic():
        _, deleted = SecondFactor.objects.filter(user=user).delete()
        if not deleted.get("accounts.SecondFactor"):
            raise DoesNotExist(f"{user} has no second factor.")
        audit.principal_updated(actor, user, {"second_factor": [True, False]})
