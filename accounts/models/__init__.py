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
    stands_for,
    users_in,
)
from accounts.models.sessions import Session
from accounts.models.tokens import OAuthSecret, PersonalAccessToken, Scope, find_credential

__all__ = [
    "EVERYONE",
    "GroupNesting",
    "OAuthSecret",
    "PersonalAccessToken",
    "Scope",
    "Session",
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
    "stands_for",
    "users_in",
]
