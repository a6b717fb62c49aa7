"""The errors of refusals. They are made only here, where the attempt is noted for the audit log: a
PermissionDenied that is made elsewhere would leave no trace (``tests/registry/test_denials.py``).
"""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet

from accounts.models import Scope
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization.rules import AUDITED_AS, RULES
from registry.denials import Attempt, Denial, DenialKind
from registry.exceptions import DoesNotExist, PermissionDenied
from registry.models import Metastore, Securable
from registry.operations import Operation
from registry.privileges import SecurableType

Recorded = Action | Attempt
"""How a refusal is recorded."""


def require_scope(actor: Actor, scope: Scope, action_name: Recorded) -> None:
    """Raise unless the token that ``actor`` asks with has ``scope``: for what actors may always do to themselves."""
    if scope not in actor.scopes:
        raise refusal_of(actor, DenialKind.NARROW_TOKEN, action_name, Metastore.current(), narrow(scope))


def refusal(actor: Actor, operation: Operation, securable: Securable, message: str) -> PermissionDenied:
    """Return the error for ``operation``, which a rule or service refuses on ``securable``, and note the attempt."""
    note_denial(actor, operation, securable, message)
    return PermissionDenied(message)


def refusal_of(
    actor: Actor, kind: DenialKind, action_name: Recorded, about: Securable | str, message: str
) -> PermissionDenied:
    """Return the error for what has no Operation, on ``about`` (or what has that name), and note the attempt."""
    securable_type, name = (None, about) if isinstance(about, str) else (about.securable_type, about.full_name)
    actor.denials.append(Denial(kind, action_name, securable_type, name, message))
    return PermissionDenied(message)


def note_denial(actor: Actor, operation: Operation, securable: Securable, message: str = "") -> None:
    """Note that ``operation`` was refused, where the error that is raised says less than is true."""
    is_narrow = RULES[operation].scope not in actor.scopes
    kind = DenialKind.NARROW_TOKEN if is_narrow else DenialKind.MISSING_PRIVILEGE
    where = securable.securable_type, securable.full_name
    actor.denials.append(Denial(kind, AUDITED_AS[operation], *where, message, operation=operation))


def none_of(actor: Actor, rows: QuerySet[Any], message: str, action_name: Recorded = Attempt.LOOK_UP) -> DoesNotExist:
    """Return the error where none of ``rows`` is for ``actor``. If there are any, they were hidden: note the attempt.

    Both cases ask the database the same question, so the answer takes equally long.
    """
    if row := rows.order_by().first():
        name = f"{row._meta.verbose_name} {getattr(row, 'uid', row.pk)}"
        actor.denials.append(Denial(DenialKind.HIDDEN_OBJECT, action_name, None, name, message))
    return DoesNotExist(message)


def no_such(
    actor: Actor, securable_type: SecurableType, full_name: str, action_name: Recorded = Attempt.LOOK_UP
) -> DoesNotExist:
    """Return the error for what does not exist, and for what the caller can't see: they must not differ.

    The attempt is noted in both cases; whether there was anything to refuse is looked up after the answer.
    """
    message = f"{securable_type.words} '{full_name}' does not exist."
    actor.denials.append(Denial(DenialKind.HIDDEN_OBJECT, action_name, securable_type, full_name, message))
    return DoesNotExist(message)


def narrow(scope: Scope) -> str:
    """Return what is said of a token that carries less than ``scope``."""
    return f"This needs a token with the scope '{scope}': the one that was sent has a narrower scope."
