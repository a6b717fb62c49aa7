"""What a principal can do: its groups, what it owns, and what it holds. On the pages of users, groups and others."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest

from accounts.models import User, groups_of
from explorer.actors import actor_of
from registry.exceptions import InvalidParameterValue
from registry.services.access import held

SHOWN = 50


def access_of(request: HttpRequest, principal: User | Group) -> dict[str, Any]:
    """Return the context of ``components/principal_access.html``."""
    actor = actor_of(request)
    try:
        grants, refusal = held.list_effective_grants_to(actor=actor, principal=principal), ""
    except InvalidParameterValue as error:
        grants, refusal = [], error.message
    owned = held.list_owned(actor=actor, principal=principal, most=SHOWN * 3 + 1)
    rows = [
        {"securable": securable, "through": holder, "grants": list(some)}
        for (holder, securable), some in groupby(grants, key=lambda grant: (grant.principal, grant.granted_on))
    ]
    return {
        "held": rows[: SHOWN * 4],
        "held_count": len(rows),
        "refusal": refusal,
        "owned": owned[: SHOWN * 3],
        "owns_more": len(owned) > SHOWN * 3,
        "groups_of": groups_of(principal) if isinstance(principal, User) else [],
        "principal": principal,
    }
