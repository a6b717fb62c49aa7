"""Answers to «why?» and «what if?»: why somebody may do something, and what a change of grants would do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import QuerySet

from accounts.models import User, stands_for, users_in
from registry import authorization
from registry.actor import Actor
from registry.authorization import CONCERNS, Operation
from registry.authorization.explaining import Explanation
from registry.authorization.explaining import explain as explain_rule
from registry.exceptions import InvalidParameterValue
from registry.models import Catalog, Metastore, RegisteredModel, Schema, Securable
from registry.services import grants
from registry.services.grants import GrantChange, Principal

PEOPLE = 20
"""People whose gains and losses a preview tells; how many more there are is told as a number."""

_ABILITIES: dict[type[Any], dict[str, Operation | None]] = {
    Metastore: {"create catalogs": Operation.CREATE_CATALOG},
    Catalog: {
        "see": None,
        "create schemas in": Operation.CREATE_SCHEMA,
        "manage": Operation.MANAGE_GRANTS,
    },
    Schema: {
        "see": None,
        "create models in": Operation.CREATE_REGISTERED_MODEL,
        "manage": Operation.MANAGE_GRANTS,
    },
    RegisteredModel: {
        "see": None,
        "read the metadata of": Operation.READ_REGISTERED_MODEL,
        "load": Operation.READ_ARTIFACTS,
        "add versions to": Operation.CREATE_MODEL_VERSION,
        "tag": Operation.SET_TAG,
        "manage": Operation.MANAGE_GRANTS,
    },
}
"""What people can do to each kind of object; None is to see it. One operation stands for all of the same rule."""


@dataclass(frozen=True)
class Effect:
    """Something that somebody can do to ``objects`` more (or fewer) objects of a kind than before."""

    ability: str
    kind: str
    objects: int


@dataclass(frozen=True)
class Impact:
    """What a change means for one person."""

    person: User
    gains: list[Effect]
    loses: list[Effect]


@dataclass(frozen=True)
class Preview:
    """What a change would do: for ``people`` who are reached by it, the first of them looked at one by one."""

    people: int
    looked_at: int
    impacts: list[Impact]


def explain(*, actor: Actor, principal: Principal, operation: Operation, securable: Securable) -> Explanation:
    """Why ``principal`` may, or may not, perform ``operation``. About others one asks with the right to see grants."""
    if operation not in CONCERNS[securable.securable_type]:
        raise InvalidParameterValue(f"{operation.capitalize()!r} is not asked of a {securable.securable_type.words}.")
    if not stands_for(actor.principal, principal):
        authorization.require(actor, Operation.READ_ALL_GRANTS, securable)
    return explain_rule(principal, operation, securable)


def preview_grants(
    *, actor: Actor, securable: Securable, changes: Sequence[GrantChange], with_prerequisites: bool = False
) -> Preview:
    """Who would gain and lose what by ``changes``: they are made in earnest, counted, and rolled back."""
    people = _reached(changes)
    looked_at = list(people.order_by("user_name")[:PEOPLE])
    before = {person.pk: _rows_of(person, securable) for person in looked_at}
    with transaction.atomic():
        grants.update_grants(actor=actor, securable=securable, changes=changes, with_prerequisites=with_prerequisites)
        impacts = [_impact(person, before[person.pk], _rows_of(person, securable)) for person in looked_at]
        transaction.set_rollback(True)
    authorization.forget(actor)
    return Preview(people.count(), len(looked_at), [impact for impact in impacts if impact.gains or impact.loses])


def _reached(changes: Sequence[GrantChange]) -> QuerySet[User]:
    """The active users whom ``changes`` are about, or groups that they are in."""
    keys: set[int] = set()
    for principal in {change.principal for change in changes}:
        if isinstance(principal, Group):
            keys |= set(users_in(principal).values_list("pk", flat=True))
        else:
            keys.add(principal.pk)
    return User.objects.filter(pk__in=keys, is_active=True)


_Rows = dict[tuple[str, str], QuerySet[Any]]
"""By ability and kind of object: the rows on which somebody has it."""


def _rows_of(person: User, securable: Securable) -> _Rows:
    """What ``person`` can do as things stand.

    Of containers these are filters with the holdings written in, which a change of grants does not change any more;
    of a single object, the row itself or none.
    """
    actor = Actor(principal=person)
    return {
        (ability, str(rows.model._meta.verbose_name)): _rows_for(actor, operation, rows)
        for rows in _objects_under(securable)
        for ability, operation in _ABILITIES[rows.model].items()
    }


def _rows_for(actor: Actor, operation: Operation | None, rows: QuerySet[Any]) -> QuerySet[Any]:
    if rows.model is Metastore:
        return rows if operation and authorization.allows(actor, operation, rows.get()) else rows.none()
    found = authorization.permitted(actor, operation, rows) if operation else authorization.visible(actor, rows)
    if rows.model is RegisteredModel and rows.count() == 1:
        return rows if found.exists() else rows.none()
    return found


def _objects_under(securable: Securable) -> list[QuerySet[Any]]:
    """``securable`` and everything in it, one set of rows for each kind."""
    match securable:
        case Metastore():
            return [Metastore.objects.filter(pk=securable.pk)]
        case Catalog():
            return [
                Catalog.objects.filter(pk=securable.pk),
                Schema.objects.filter(catalog=securable),
                RegisteredModel.objects.filter(schema__catalog=securable),
            ]
        case Schema():
            models = RegisteredModel.objects.filter(schema=securable)
            return [Schema.objects.filter(pk=securable.pk), models]
        case RegisteredModel():
            return [RegisteredModel.objects.filter(pk=securable.pk)]


def _impact(person: User, before: _Rows, after: _Rows) -> Impact:
    return Impact(person, gains=_more(after, before), loses=_more(before, after))


def _more(rows: _Rows, others: _Rows) -> list[Effect]:
    """What ``rows`` have beyond ``others``."""
    effects = []
    for (ability, kind), found in rows.items():
        if count := found.exclude(pk__in=others[ability, kind].order_by().values("pk")).count():
            effects.append(Effect(ability, kind, count))
    return effects
