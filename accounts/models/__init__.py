"""Who there is, and what they prove themselves with."""

from accounts.models.principals import (
    EVERYONE,
    GroupNesting,
    User,
    UserManager,
    ancestors_and_self,
    closure,
    find_principal,
    group_ids_of,
    group_ids_of_each,
    group_parents,
    groups_of,
    hold_nestings,
    stands_for,
    users_in,
)
from accounts.models.second_factors import RecoveryCode, SecondFactor
from accounts.models.sessions import Session
from accounts.models.throttles import Limit, Throttle
from accounts.models.tokens import OAuthSecret, PersonalAccessToken, Scope, find_credential

__all__ = [
    "EVERYONE",
    "GroupNesting",
    "Limit",
    "OAuthSecret",
    "PersonalAccessToken",
    "RecoveryCode",
    "Scope",
    "SecondFactor",
    "Session",
    "Throttle",
    "User",
    "UserManager",
    "ancestors_and_self",
    "closure",
    "find_credential",
    "find_principal",
    "group_ids_of",
    "group_ids_of_each",
    "group_parents",
    "groups_of",
    "hold_nestings",
    "stands_for",
    "users_in",
]
