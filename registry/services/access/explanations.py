"""Answers to "why?" and "what if?": why someone may do something, and what a change of grants would do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby
from typing import Any, TypeVar

from django.contrib.auth.models import Group
from django.core.exceptions import EmptyResultSet
from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from accounts.models import User, stands_for, users_in
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.authorization.deltas import GrantDelta, GrantRow
from registry.authorization.explaining import Explanation, Link, grants_on
from registry.authorization.explaining import explain as explain_rule
from registry.exceptions import InvalidParameterValue
from registry.kinds import KIND_OF, SECURABLE_KINDS, catalog_key_of, kind_of
from registry.models import Metastore, Securable
from registry.privileges import Privilege
from registry.services.access import grants
from registry.services.access.grants import GrantChange, Principal

T = TypeVar("T")

_NEED_NO_USE = frozenset({Privilege.BROWSE, Privilege.USE_CATALOG, Privilege.USE_SCHEMA})
PEOPLE = 20
"""People whose gains and losses a preview shows; how many more there are is given as a number."""

_VALUES = 10_000
"""Values in one query, unless a single right has more: SQLite takes 32,766, PostgreSQL 65,535."""


@dataclass(frozen=True)
class Effect:
    """Something that someone can do to ``objects`` more (or fewer) objects of a kind than before."""

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
class GrantPreview:
    """What a change would do: for ``people`` affected by it, the first of them looked at one by one."""

    people: int
    looked_at: int
    impacts: list[Impact]
    unusable: list[tuple[Principal, list[Link]]]
    """Principals who are granted something that is of no use to them without these links."""


def explain(*, actor: Actor, principal: Principal, operation: Operation, securable: Securable) -> Explanation:
    """Return why ``principal`` may or may not perform ``operation``; for others, this takes the right to see grants."""
    if operation not in kind_of(securable).operations:
        raise InvalidParameterValue(f"{operation.capitalize()!r} is not asked of a {securable.securable_type.words}.")
    if not stands_for(actor.principal, principal):
        authorization.require(actor, Operation.READ_ALL_GRANTS, securable)
    explanation = explain_rule(principal, operation, securable)
    if explanation.allowed or not isinstance(principal, User) or isinstance(securable, Metastore):
        return explanation
    return replace(
        explanation,
        is_visible=explanation.is_active and authorization.is_visible(Actor(principal=principal), securable),
    )


def preview_grants(
    *, actor: Actor, securable: Securable, changes: Iterable[GrantChange], with_prerequisites: bool = False
) -> GrantPreview:
    """Return who would gain and lose what by ``changes``: from what people hold, and nothing is written."""
    authorization.require(actor, Operation.MANAGE_GRANTS, securable)  # before principals are looked for
    planned = list(changes)
    deltas = grants.planned_deltas(
        actor=actor, securable=securable, changes=planned, with_prerequisites=with_prerequisites
    )
    people = _reached(planned)
    looked_at = list(User.objects.filter(pk__in=people).order_by("user_name")[:PEOPLE])
    before, after = _rights_of(looked_at, securable), _rights_of(looked_at, securable, deltas)
    impacts = _impacts(before, after, _sides(planned))
    return GrantPreview(len(people), len(looked_at), impacts, _unusable(securable, planned, deltas))


def _unusable(
    securable: Securable, changes: Sequence[GrantChange], deltas: Sequence[GrantDelta]
) -> list[tuple[Principal, list[Link]]]:
    """Return the principals who are given what needs the USE of containers, and which of those they would not hold."""
    operation = kind_of(securable).used_for
    if operation is None:
        return []
    given = [change.principal for change in changes if set(change.add) - _NEED_NO_USE]
    missing = {who: explain_rule(who, operation, securable, deltas).missing for who in given}
    uses = {who: [link for link in links if link.privilege in _NEED_NO_USE] for who, links in missing.items()}
    return [(who, links) for who, links in uses.items() if links]


def _sides(changes: Sequence[GrantChange]) -> list[str]:
    """No one loses by a grant or gains by a revocation: there are no rules that forbid."""
    return ["gains"] * any(change.add for change in changes) + ["loses"] * any(change.remove for change in changes)


def _reached(changes: Sequence[GrantChange]) -> set[int]:
    """Keys of the active users that ``changes`` are about, directly or through groups that they are in."""
    keys: set[int] = set()
    for principal in {change.principal for change in changes}:
        if isinstance(principal, Group):
            keys |= set(users_in(principal).values_list("pk", flat=True))
        elif principal.is_active:
            keys.add(principal.pk)
    return keys


@dataclass(frozen=True)
class _Right:
    """The ``rows``, ``among`` those of a kind that are looked at, on which ``person`` has an ability.

    For containers, these are filters with the holdings written in, which a change of grants no longer affects;
    for an object that contains nothing, the row itself or none.
    """

    person: User
    ability: str
    among: QuerySet[Any]
    rows: QuerySet[Any]

    @cached_property
    def sql(self) -> tuple[str, tuple[Any, ...]]:
        try:
            return self.rows.order_by().values("pk").query.sql_with_params()
        except EmptyResultSet:
            return "", ()


def _rights_of(people: Sequence[User], securable: Securable, deltas: Sequence[GrantDelta] = ()) -> list[_Right]:
    """What each of ``people`` can do to ``securable`` and to what is in it, as things are or as if ``deltas`` had
    been made; always in the same order."""
    actors = [Actor(principal=person) for person in people]
    if deltas:
        authorization.gather_as_if(actors, catalog_key_of(securable), deltas, _grants_on_single(securable))
    else:
        authorization.gather(actors, within=catalog_key_of(securable))
    rights = [
        _Right(actor.principal, ability, rows.order_by(), _rows_for(actor, operation, rows))
        for rows in _objects_under(securable)
        for actor in actors
        for ability, operation in KIND_OF[rows.model].abilities.items()
    ]
    return rights if authorization.is_container(securable) else _settled(rights, securable)


def _grants_on_single(securable: Securable) -> tuple[Securable, list[GrantRow]] | None:
    if authorization.is_container(securable):
        return None
    return securable, [(holder, privilege) for holder, privilege, *_ in grants_on([securable])]


def _settled(rights: list[_Right], single: Securable) -> list[_Right]:
    """``rights`` to an object that contains nothing, as they are now: grants on it are looked up by their filters."""
    row: QuerySet[Any] = type(single)._default_manager.filter(pk=single.pk).order_by()
    held: list[bool] = []
    for batch in _batches(rights, lambda right: len(right.sql[1])):
        held += row.values_list(*[Exists(right.rows.filter(pk=OuterRef("pk"))) for right in batch]).get()
    return [replace(right, rows=row if is_held else row.none()) for right, is_held in zip(rights, held, strict=True)]


def _rows_for(actor: Actor, operation: Operation | None, rows: QuerySet[Any]) -> QuerySet[Any]:
    if rows.model is Metastore:
        return rows if operation and authorization.allows(actor, operation, Metastore.current()) else rows.none()
    return authorization.permitted(actor, operation, rows) if operation else authorization.visible(actor, rows)


def _objects_under(securable: Securable) -> list[QuerySet[Any]]:
    """``securable`` and everything in it, one set of rows for each kind."""
    mine = type(securable)
    kinds = [kind for kind in SECURABLE_KINDS if kind.is_or_lies_in(mine)]
    return [kind.model._default_manager.filter(**{kind.path_to(mine): securable.pk}) for kind in kinds]


def _impacts(before: Sequence[_Right], after: Sequence[_Right], sides: Sequence[str]) -> list[Impact]:
    """Return the users who gain or lose something (``sides`` says which of the two can be), by name."""
    changed = [(old, new) for old, new in zip(before, after, strict=True) if old.sql != new.sql]
    impacts: dict[User, Impact] = {}
    by_kind = [list(pairs) for _, pairs in groupby(changed, key=lambda pair: pair[0].rows.model)]
    for pairs in (batch for of_kind in by_kind for batch in _batches(of_kind, _values)):
        among = pairs[0][0].among
        counts = {
            f"{side}{n}": Count("pk", filter=_beyond(new, old) if side == "gains" else _beyond(old, new))
            for n, (old, new) in enumerate(pairs)
            for side in sides
        }
        sums = among.aggregate(**counts)
        for n, (old, _) in enumerate(pairs):
            impact = impacts.setdefault(old.person, Impact(old.person, [], []))
            for side in sides:
                if objects := sums[f"{side}{n}"]:
                    effect = Effect(old.ability, str(among.model._meta.verbose_name), objects)
                    getattr(impact, side).append(effect)
    return sorted((i for i in impacts.values() if i.gains or i.loses), key=lambda impact: impact.person.user_name)


def _beyond(right: _Right, other: _Right) -> Q:
    """The rows of ``right`` that ``other`` does not have."""
    return Q(pk__in=right.rows.order_by().values("pk")) & ~Q(pk__in=other.rows.order_by().values("pk"))


def _values(pair: tuple[_Right, _Right]) -> int:
    """Each of the two is in what is gained and in what is lost."""
    return 2 * sum(len(right.sql[1]) for right in pair)


def _batches(items: Sequence[T], values_of: Callable[[T], int]) -> Iterator[list[T]]:
    """``items``, in batches whose values fit into a query."""
    batch: list[T] = []
    values = 0
    for item in items:
        values += values_of(item)
        if batch and values > _VALUES:
            yield batch
            batch, values = [], values_of(item)
        batch.append(item)
    if batch:
        yield batch
