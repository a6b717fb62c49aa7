"""Who may do what to an experiment, as Databricks' permissions API has it: one level for each principal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.contrib.auth.models import Group

from accounts.models import User
from registry.actor import Actor
from registry.models import Experiment
from registry.privileges import GRANTABLE, Privilege, SecurableType
from registry.services.access import grants
from registry.services.access.grants import GrantChange
from registry.services.shared.ownership import find_principal

LEVELS = GRANTABLE[SecurableType.EXPERIMENT]
"""From the least to the most; each includes those before it."""
Level = tuple[str, Privilege]
"""The name of a principal, and what it may do."""


def list_levels(*, actor: Actor, experiment: Experiment) -> list[tuple[User | Group, Privilege]]:
    """Return the level of each principal, the owner first: all if ``actor`` may manage it, otherwise only its own."""
    held: dict[User | Group, Privilege] = {}
    seen = grants.list_grants(actor=actor, securable=experiment)
    if experiment.owner is not None:
        held[experiment.owner] = Privilege.CAN_MANAGE
    for grant in seen:
        before = held.get(grant.principal, LEVELS[0])
        held[grant.principal] = max(before, grant.privilege, key=LEVELS.index)
    return list(held.items())


def update_levels(*, actor: Actor, experiment: Experiment, levels: Iterable[Level]) -> None:
    """Give each principal in ``levels`` that level, instead of the one that it has; the others keep theirs."""
    changes = (_change(name, level) for name, level in levels)
    grants.update_grants(actor=actor, securable=experiment, changes=changes)


def set_levels(*, actor: Actor, experiment: Experiment, levels: Iterable[Level]) -> None:
    """Let ``levels`` be all there are; principals that are not named lose theirs. (The owner stays the owner.)"""
    grants.update_grants(actor=actor, securable=experiment, changes=_replacing(actor, experiment, levels))


def _replacing(actor: Actor, experiment: Experiment, levels: Iterable[Level]) -> Iterator[GrantChange]:
    """Yield the changes, once it is known that ``actor`` may make them."""
    named = set()
    for name, level in levels:
        change = _change(name, level)
        named.add(change.principal)
        yield change
    held = {grant.principal for grant in grants.list_grants(actor=actor, securable=experiment)}
    for principal in held - named:
        yield GrantChange(principal, remove=LEVELS)


def _change(name: str, level: Privilege) -> GrantChange:
    others = tuple(each for each in LEVELS if each is not level)
    return GrantChange(find_principal(name), add=(level,), remove=others)
