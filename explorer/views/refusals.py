"""What a refusal says beyond its message: what is missing on which object, and who can give it."""

from __future__ import annotations

from dataclasses import dataclass, field

from django.http import HttpRequest

from explorer.actors import actor_of
from registry.authorization import Operation
from registry.exceptions import PermissionDenied, RegistryError
from registry.models import Securable
from registry.privileges import GRANTABLE
from registry.services.access import explanations
from registry.services.shared import finders

_NAMED = 5
"""People who are named; there may be many administrators."""


@dataclass(frozen=True)
class Help:
    """Lines to read, and the object on which access can be asked for."""

    lines: list[str] = field(default_factory=list)
    securable: Securable | None = None
    privilege: str = ""
    """What to ask for on it."""


def help_for(request: HttpRequest, error: Exception) -> Help:
    """Return who can give what is missing, if ``error`` refuses an operation to someone who lacks a privilege."""
    actor = actor_of(request)
    refused = next((denial for denial in reversed(actor.denials) if denial.operation), None)
    if not isinstance(error, PermissionDenied) or refused is None or refused.message != error.message:
        return Help()
    if refused.securable_type is None:
        return Help()
    try:
        securable = finders.get_securable(
            actor=actor, securable_type=refused.securable_type, full_name=refused.full_name
        )
        explanation = explanations.explain(
            actor=actor, principal=actor.principal, operation=Operation(refused.operation), securable=securable
        )
    except RegistryError:
        return Help()
    lines, privilege = [], ""
    for link in explanation.missing:
        names = [str(granter) for granter in link.granters]
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        can_be_granted = link.privilege in GRANTABLE[link.securable.securable_type]
        privilege = link.privilege.value if can_be_granted and link.securable == securable else privilege
        is_given = can_be_granted or link.tag
        words = f"{link.words} can be granted by" if is_given else "Only metastore administrators can do this:"
        lines.append(f"{words} {', '.join(names[:_NAMED])}{more}.")
    return Help(lines, securable, privilege)
