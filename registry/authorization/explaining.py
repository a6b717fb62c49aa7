"""Why a principal may do something, or what is missing: the same rules, explaining instead of filtering.

It reads the same rows as the filters and comes to the same answers; the tests compare the two at random.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from django.contrib.auth.models import Group
from django.db.models import F, Q, QuerySet, Value
from guardian.utils import get_group_obj_perms_model, get_user_obj_perms_model

from accounts.models import EVERYONE, User, closure, group_parents
from registry.authorization import governed
from registry.authorization.deltas import GrantDelta, GrantRow, Principal
from registry.authorization.holdings import implying
from registry.authorization.rules import RULES, Rule, rule_for
from registry.kinds import governing, kind_of, levels_of
from registry.models import Governed, RegisteredModel, Securable, TagPolicyAssigner
from registry.models.ending import in_force
from registry.operations import Operation
from registry.privileges import Privilege


class Basis(StrEnum):
    """What a right is based on."""

    GRANT = "GRANT"
    OWNERSHIP = "OWNERSHIP"
    ADMINISTRATOR = "ADMINISTRATOR"
    ASSIGNER = "ASSIGNER"


@dataclass(frozen=True)
class Reason:
    """One row that gives a right: a grant to ``holder`` on ``securable``, its owner, an administrator's flag, or a
    line in the policy of a governed tag.
    """

    basis: Basis
    holder: Principal
    securable: Securable
    privilege: Privilege | None = None
    ends_at: datetime | None = None


@dataclass(frozen=True)
class Link:
    """One thing that is needed, and every row that gives it; no rows mean that it is missing.

    ``tag``: the governed tag that the privilege is on, instead of the securable.
    """

    privilege: Privilege
    securable: Securable
    reasons: list[Reason]
    tag: str = ""

    @property
    def words(self) -> str:
        if self.tag:
            return governed.words(self.tag)
        return f"{self.privilege.words} on {self.securable.securable_type.words} '{self.securable.full_name}'"

    @cached_property
    def granters(self) -> list[Principal]:
        """Who can give it where it is missing: owners, holders of MANAGE, administrators."""
        if self.reasons:
            return []
        return _administrators() if self.tag else granters_of(self.securable)


@dataclass(frozen=True)
class Explanation:
    """Whether ``principal`` may perform ``operation`` on ``securable``, and by which links, the outermost first."""

    principal: Principal
    operation: Operation
    securable: Securable
    is_active: bool
    links: list[Link]
    is_visible: bool = False
    """If not allowed: whether they can see the securable all the same, by BROWSE say."""

    @property
    def allowed(self) -> bool:
        return self.is_active and not self.missing

    @property
    def missing(self) -> list[Link]:
        return [link for link in self.links if not link.reasons]


def explain(
    principal: Principal,
    operation: Operation,
    securable: Governed,
    deltas: Sequence[GrantDelta] = (),
) -> Explanation:
    """Explain whether ``principal`` (a group: someone who is only in it) may perform ``operation``.

    ``deltas``: as if these changes of grants had been made.
    """
    subject = governing(securable)
    rule = rule_for(principal, operation, securable)
    links = _links(_Rows(principal, _Known(levels_of(subject), deltas)), rule, subject)
    is_active = isinstance(principal, Group) or principal.is_active
    return Explanation(principal, operation, subject, is_active, links)


def granters_of(securable: Securable) -> list[Principal]:
    """Return the principals who can grant on ``securable``: owners of it and its containers, MANAGE, administrators."""
    known, manage = _Known(levels_of(securable)), RULES[Operation.MANAGE_GRANTS]
    candidates: list[Principal] = []
    for level, grants in known.grants.items():
        if level.owner is not None:
            candidates.append(level.owner)
        candidates += [holder for holder, privilege in grants if privilege == Privilege.MANAGE]
    able = [
        candidate
        for candidate in dict.fromkeys(candidates)
        if all(link.reasons for link in _links(_Rows(candidate, known), manage, securable))
    ]
    return list(dict.fromkeys([*able, *_administrators()]))


def _administrators() -> list[Principal]:
    return list(User.objects.filter(is_metastore_admin=True, is_active=True).order_by("user_name"))


def grants_on(securables: Sequence[Securable]) -> list[tuple[Principal, Privilege, Securable, datetime | None]]:
    """Return every grant on each of ``securables`` itself, in order, by principal and privilege, with when it ends
    (three queries). What has ended is left out.
    """
    first, *others = [rows for place, securable in enumerate(securables) for rows in _keys_of_grants(place, securable)]
    keys = list(first.union(*others, all=True))
    users = User.objects.in_bulk({holder for _, is_group, holder, *_ in keys if not is_group})
    groups = Group.objects.in_bulk({holder for _, is_group, holder, *_ in keys if is_group})
    found = [
        (place, holder, Privilege(codename.upper()), ends_at)
        for place, is_group, key, codename, ends_at in keys
        if (holder := groups.get(key) if is_group else users.get(key)) is not None  # deleted since the grants were read
    ]
    found.sort(key=lambda grant: (grant[0], str(grant[1]), grant[2]))
    return [(holder, privilege, securables[place], ends_at) for place, holder, privilege, ends_at in found]


def _keys_of_grants(place: int, securable: Securable) -> list[QuerySet[Any, Any]]:
    """``place``, whether the holder is a group, its key, the codename of the privilege, and when the grant ends."""
    tables: Any = get_user_obj_perms_model(securable), get_group_obj_perms_model(securable)  # guardian has no types
    return [
        in_force(table.objects.filter(content_object=securable)).values_list(
            Value(place), Value(is_group), F("group_id" if is_group else "user_id"), "permission__codename", "ends_at"
        )
        for is_group, table in enumerate(tables)
    ]


class _Known:
    """The grants on each of ``levels``, read once for a whole explanation."""

    def __init__(self, levels: Sequence[Securable], deltas: Sequence[GrantDelta] = ()) -> None:
        self.grants: dict[Securable, list[GrantRow]] = {level: [] for level in levels}
        self.ends: dict[tuple[Principal, Privilege, Securable], datetime | None] = {}
        for holder, privilege, level, ends_at in grants_on(levels):
            self.grants[level].append((holder, privilege))
            self.ends[holder, privilege, level] = ends_at
        for delta in deltas:
            if delta.securable in self.grants:
                self.grants[delta.securable] = delta.applied(self.grants[delta.securable])

    @cached_property
    def parents(self) -> dict[int, set[int]]:
        """Which groups are directly in which, read once."""
        return group_parents()


class _Rows:
    """The rows about one principal."""

    def __init__(self, principal: Principal, known: _Known) -> None:
        self.principal, self.known = principal, known

    @property
    def is_administrator(self) -> bool:
        return isinstance(self.principal, User) and self.principal.is_metastore_admin

    @cached_property
    def group_ids(self) -> frozenset[int]:
        everybodys, mine = Q(name=EVERYONE), Q(pk=self.principal.pk)
        if isinstance(self.principal, User):
            mine = Q(user=self.principal)
        direct = set(Group.objects.filter(everybodys | mine).values_list("pk", flat=True))
        return frozenset(closure(direct, self.known.parents))

    def is_or_is_in(self, holder: Principal | None) -> bool:
        return holder is not None and (
            holder == self.principal or (isinstance(holder, Group) and holder.pk in self.group_ids)
        )

    def granted(self, any_of: frozenset[Privilege], levels: Iterable[Securable]) -> list[Reason]:
        codenames = implying(any_of)
        return [
            Reason(Basis.GRANT, holder, level, privilege, self.known.ends.get((holder, privilege, level)))
            for level in levels
            for holder, privilege in self.known.grants[level]
            if privilege.codename in codenames and self.is_or_is_in(holder)
        ]

    def owned(self, levels: Iterable[Securable]) -> list[Reason]:
        return [
            Reason(Basis.OWNERSHIP, level.owner, level)
            for level in levels
            if level.owner is not None and self.is_or_is_in(level.owner)
        ]

    def listed(self, tag_key: str, securable: Securable) -> list[Reason]:
        """Return the lines of a governed tag's policy that name the principal, or a group that it is in."""
        assigners = TagPolicyAssigner.objects.filter(policy__tag_key=tag_key).select_related("user", "group")
        return [
            Reason(Basis.ASSIGNER, assigner.principal, securable, Privilege.ASSIGN)
            for assigner in assigners
            if self.is_or_is_in(assigner.principal)
        ]


def _links(rows: _Rows, rule: Rule, securable: Securable) -> list[Link]:
    privilege = rule.name_on(securable.securable_type)
    if rule.administrators and rows.is_administrator:
        return [Link(privilege, securable, [Reason(Basis.ADMINISTRATOR, rows.principal, securable)])]
    levels = levels_of(securable)
    links = _usage(rows, levels if rule.uses_itself else levels[1:])
    owned = levels if rule.container_owners else levels[:1]
    links.append(Link(privilege, securable, rows.granted(rule.any_of, levels) + rows.owned(owned)))
    if rule.assigns:
        links.append(Link(Privilege.ASSIGN, securable, rows.listed(rule.assigns, securable), tag=rule.assigns))
    if rule.also is not None and isinstance(securable, RegisteredModel):
        links += [link for link in _links(rows, RULES[rule.also], securable.schema) if link not in links]
    return links


def _usage(rows: _Rows, levels: list[Securable]) -> list[Link]:
    """USE of each of ``levels`` (from the inside out), the outermost first."""
    links: list[Link] = []
    for number, level in reversed(list(enumerate(levels))):
        needed = kind_of(level).use
        if needed is not None:
            here_and_above = levels[number:]
            reasons = rows.granted(frozenset({needed}), here_and_above) + rows.owned(here_and_above)
            links.append(Link(needed, level, reasons))
    return links
