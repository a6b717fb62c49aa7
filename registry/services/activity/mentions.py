"""Mentions in comments: whom a text names, and which of them it reaches.

Only users who may read the model are notified of a comment. Its readers can see this about each other, and about
those whom they name: otherwise someone would wait for an answer from a person who was never notified.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from django.contrib.auth.models import Group
from django.db.models import Q

from accounts.models import EVERYONE, User, users_in
from registry import authorization, limits
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import RegisteredModel

MENTION = re.compile(r"(?<![\w@`])@(?:`([^`\n]{1,255})`|([\w.+-]+(?:@[\w-]+(?:\.[\w-]+)+)?))")
"""``@ada@example.com``, ``@ada`` if only one person has such an address, or ``@`a group` `` in backticks."""
_LOOKED_AT = 50
"""People and groups with the letters in their names for which it is checked whether they may read."""


def people_in(text: str) -> list[User]:
    """Return the people whom ``text`` mentions, by themselves or as members of a group (not the group of everyone)."""
    people: dict[User, None] = {}
    for name in _names_in(text):
        people |= dict.fromkeys(_people(_find(name)))
    return list(people)[: limits.MENTIONED_PEOPLE]


def list_mentionable(*, actor: Actor, model: RegisteredModel, letters: str, most: int) -> list[tuple[str, str]]:
    """Return those whom a mention would reach, with ``letters`` in their names: each with its name."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    named = Q(user_name__icontains=letters) | Q(display_name__icontains=letters)
    users = User.objects.filter(named, is_active=True, kind=User.Kind.USER).order_by("user_name")[:_LOOKED_AT]
    found = [(user.user_name, user.display_name) for user in _readers(model, users)]
    groups = Group.objects.filter(name__icontains=letters).exclude(name=EVERYONE).order_by("name")[:most]
    return [*((group.name, "") for group in groups if _readers(model, _people(group))), *found][:most]


def list_unreached(*, actor: Actor, model: RegisteredModel, text: str) -> list[User | Group]:
    """Return those mentioned in ``text`` whom it won't reach: people, and groups in which no one may read ``model``."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    named = dict.fromkeys(found for name in _names_in(text) if (found := _find(name)) is not None)
    return [found for found in named if not _readers(model, _people(found))]


def _names_in(text: str) -> list[str]:
    return [quoted or plain.rstrip(".-+") for quoted, plain in MENTION.findall(text)[: limits.MENTIONS_PER_COMMENT]]


def _find(name: str) -> User | Group | None:
    """The person or the group that a mention means."""
    people = User.objects.filter(is_active=True, kind=User.Kind.USER)
    if exact := people.filter(user_name=name.lower()).first():
        return exact
    if group := Group.objects.filter(name=name).exclude(name=EVERYONE).first():
        return group
    near = list(people.filter(user_name__startswith=f"{name.lower()}@")[:2])
    return near[0] if len(near) == 1 else None


def _people(found: User | Group | None) -> list[User]:
    if isinstance(found, Group):
        return list(users_in(found).filter(kind=User.Kind.USER)[: limits.MENTIONED_PEOPLE])
    return [found] if found else []


def _readers(model: RegisteredModel, people: Iterable[User]) -> list[User]:
    """Those of ``people`` who may read the metadata of ``model``."""
    asking = [Actor(principal=user) for user in people if user.is_active]
    authorization.gather(asking, within=None)
    return [one.principal for one in asking if authorization.allows(one, Operation.READ_REGISTERED_MODEL, model)]
