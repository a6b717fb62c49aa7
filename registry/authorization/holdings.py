"""What an actor holds on containers. Grants on single models stay in SQL.

It is read once and kept in the process until the revisions of the actor and its groups change, which every request
reads: a change counts from the next request on, in every process, and a request without one costs a single small query.
What ends by itself is not kept beyond its end.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db.models import DateTimeField, F, Model, Q, QuerySet, Value
from django.db.models.functions import Cast
from django.utils import timezone

from accounts.compiled_queries import CompiledQuery
from accounts.models import User, group_ids_of_each
from registry.actor import Actor
from registry.models import (
    Catalog,
    CatalogGroupGrant,
    CatalogUserGrant,
    Metastore,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    Revision,
    Schema,
    SchemaGroupGrant,
    SchemaUserGrant,
)
from registry.models.revision import ALL, group_key, user_key
from registry.privileges import NOT_IN_ALL_PRIVILEGES, Privilege

_MOST_KEPT = 5_000
"""Principals whose holdings a process keeps."""


@dataclass(frozen=True)
class Holdings:
    """What an actor holds on containers: privileges by catalog and by schema, and what it owns."""

    user_id: int
    group_ids: frozenset[int]
    is_administrator: bool
    on_metastore: frozenset[str]
    on_catalogs: dict[int, set[str]]
    on_schemas: dict[int, set[str]]
    owned_catalogs: frozenset[int]
    owned_schemas: frozenset[int]
    catalog_of: dict[int, int] = field(repr=False)
    supposed: dict[tuple[type[Model], int], frozenset[str]] | None = None
    """What is held on objects without children, instead of what the database has: in a preview."""
    compiled: dict[Any, CompiledQuery] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, actor: Actor) -> Holdings:
        """Return the holdings of ``actor`` as they are: recalled (one query, none within a request), or read (four)."""
        if "holdings" not in actor.held:
            cls.gather([actor])
        holdings: Holdings = actor.held["holdings"]
        return holdings

    @classmethod
    def gather(cls, actors: Sequence[Actor]) -> None:
        """Have the holdings of each of ``actors`` at hand, with as many queries as for one of them."""
        kept = {key: one for actor in actors if (one := _KEPT.get(key := actor.principal.pk)) is not None}
        # The tokens first: what is read after them is as new, or newer.
        tokens = Revision.of({ALL, *(user_key(a.principal.pk) for a in actors), *_holders(kept.values())})
        fresh = {key: one.holdings for key, one in kept.items() if one.is_fresh(tokens)}
        if missing := [actor.principal for actor in actors if actor.principal.pk not in fresh]:
            fresh |= cls._read(missing, tokens)
        for actor in actors:
            # A metastore administrator is one by the row of the user, which every request reads again.
            is_administrator = actor.principal.is_metastore_admin
            actor.held["holdings"] = replace(fresh[actor.principal.pk], is_administrator=is_administrator)

    @classmethod
    def _read(cls, principals: Collection[User], tokens: set[tuple[int, str]]) -> dict[int, Holdings]:
        """Read what each of ``principals`` holds, and keep it; ``tokens`` are theirs, as they were before."""
        groups = group_ids_of_each(principals)
        rows_of, tokens_of_groups, ends = read_rows(groups)
        by_principal = {principal.pk: cls.of_rows(principal, groups[principal.pk], rows_of) for principal in principals}
        if len(_KEPT) + len(by_principal) > _MOST_KEPT:
            _KEPT.clear()
        tokens = tokens | tokens_of_groups
        _KEPT.update({key: _Kept.of(holdings, tokens, ends) for key, holdings in by_principal.items()})
        return by_principal

    @classmethod
    def of_rows(cls, principal: User, groups: frozenset[int], rows_of: RowsOf) -> Holdings:
        """Make the holdings of ``principal``, who is in ``groups``, from everyone's rows."""
        holders = [(False, principal.pk), *((True, group) for group in groups)]
        rows = [row for holder in holders for row in rows_of.get(holder, ())]
        of_catalogs = [(key, right) for kind, _, key, right in rows if kind is Catalog]
        of_schemas = [(key, right) for kind, _, key, right in rows if kind is Schema]
        return cls(
            user_id=principal.pk,
            group_ids=groups,
            is_administrator=principal.is_metastore_admin,
            on_metastore=frozenset(right for kind, *_, right in rows if kind is Metastore),
            on_catalogs=_granted(of_catalogs),
            on_schemas=_granted(of_schemas),
            owned_catalogs=_owned(of_catalogs),
            owned_schemas=_owned(of_schemas),
            catalog_of={key: catalog for kind, catalog, key, _ in rows if kind is Schema},
        )

    def within(self, catalog: int) -> Holdings:
        """Return what of it counts within one catalog: this makes filters for that catalog shorter."""
        return replace(
            self,
            on_catalogs={key: codenames for key, codenames in self.on_catalogs.items() if key == catalog},
            on_schemas={key: held for key, held in self.on_schemas.items() if self.catalog_of[key] == catalog},
            owned_catalogs=self.owned_catalogs & {catalog},
            owned_schemas=frozenset(key for key in self.owned_schemas if self.catalog_of[key] == catalog),
            compiled={},
        )

    def catalogs(self, any_of: frozenset[Privilege], *, owned: bool = True) -> set[int]:
        """Return the catalogs on which one of ``any_of`` is held, and (``owned``) those that are owned."""
        held = {pk for pk, codenames in self.on_catalogs.items() if codenames & implying(any_of)}
        return held | self.owned_catalogs if owned else held

    def schemas(self, any_of: frozenset[Privilege], *, owned: bool = True) -> set[int]:
        """Return the schemas on which one of ``any_of`` is held directly, and (``owned``) those that are owned."""
        held = {pk for pk, codenames in self.on_schemas.items() if codenames & implying(any_of)}
        return held | self.owned_schemas if owned else held

    def supposed_rows(self, kind: type[Model], any_of: frozenset[Privilege]) -> set[int]:
        """Return the keys of the objects of ``kind`` on which one of ``any_of`` is supposed to be held."""
        supposed = (self.supposed or {}).items()
        return {key for (of_kind, key), codenames in supposed if of_kind is kind and codenames & implying(any_of)}

    @property
    def usable_catalogs(self) -> set[int]:
        return self.catalogs(frozenset({Privilege.USE_CATALOG}))

    @property
    def fully_usable_catalogs(self) -> set[int]:
        """Catalogs that are usable with every schema in them."""
        return self.usable_catalogs & self.catalogs(frozenset({Privilege.USE_SCHEMA}))

    @property
    def usable_schemas(self) -> set[int]:
        """Schemas usable by a right on themselves, in usable catalogs."""
        usable_catalogs = self.usable_catalogs
        return {pk for pk in self.schemas(frozenset({Privilege.USE_SCHEMA})) if self.catalog_of[pk] in usable_catalogs}


def owned_by(user_id: int, group_ids: frozenset[int], path: str = "") -> Q:
    """Return the condition that the user, or one of the groups, owns a row; ``path`` leads to what is owned."""
    return Q(**{f"{path}owner_user": user_id}) | Q(**{f"{path}owner_group__in": group_ids})


Groups = Mapping[int, frozenset[int]]
"""The groups of each of some users, by their keys."""
Holder = tuple[bool, int]
"""Whether it is a group, and its key."""

_OWNS = Value("")
"""Takes the place of a grant's privilege."""
_GRANT = "content_object_id", "permission__codename"
_NEVER = Cast(Value(None), DateTimeField())
"""The end of rows without one: a column of each table, so that all can be read as one."""
_TABLES: tuple[tuple[type[Model], type[Model], str, str, str, str | Value], ...] = (
    (Metastore, MetastoreUserGrant, "user", "content_object_id", *_GRANT),
    (Metastore, MetastoreGroupGrant, "group", "content_object_id", *_GRANT),
    (Catalog, CatalogUserGrant, "user", "content_object_id", *_GRANT),
    (Catalog, CatalogGroupGrant, "group", "content_object_id", *_GRANT),
    (Catalog, Catalog, "owner_user", "pk", "pk", _OWNS),
    (Catalog, Catalog, "owner_group", "pk", "pk", _OWNS),
    (Schema, SchemaUserGrant, "user", "content_object__catalog_id", *_GRANT),
    (Schema, SchemaGroupGrant, "group", "content_object__catalog_id", *_GRANT),
    (Schema, Schema, "owner_user", "catalog_id", "pk", _OWNS),
    (Schema, Schema, "owner_group", "catalog_id", "pk", _OWNS),
)
"""Where it is written who holds what on containers: the kind of container, the table, and its columns for the holder,
the catalog, the container and the right."""


Row = tuple[type[Model], int, int, str]
"""The kind of a container, its catalog, its key, and the codename of what is held on it (empty: it is owned)."""
RowsOf = Mapping[Holder, Sequence[Row]]

_OF_A_GROUP = len(_TABLES)
"""The number under which the revisions of groups are read: with the rows, so that they are of the same moment."""


def read_rows(groups: Groups) -> tuple[dict[Holder, list[Row]], set[tuple[int, str]], dict[Holder, datetime]]:
    """Return what users and their groups hold, by holder, the revisions of the groups, and when the first of a holder's
    grants ends (one query). What has ended is left out.
    """
    rows: dict[Holder, list[Row]] = {}
    tokens: set[tuple[int, str]] = set()
    ends: dict[Holder, datetime] = {}
    now = timezone.now()
    for number, key, *row, end in _all_rows(groups):
        if number == _OF_A_GROUP:
            tokens.add((key, row[-1]))
            continue
        kind, _, holder, *_ = _TABLES[number]
        who = (holder.endswith("group"), key)
        if end is not None and end <= now:
            continue
        if end is not None:
            ends[who] = min(end, ends.get(who, end))
        rows.setdefault(who, []).append((kind, *row))
    return rows, tokens, ends


def _all_rows(groups: Groups) -> QuerySet[Any, Any]:
    """The rows of all tables and the revisions of the groups: a number that says which, the holder, and the rest."""
    holders = {"user": groups.keys(), "group": frozenset().union(*groups.values())}
    tables = [
        table._default_manager.filter(**{f"{holder}__in": holders[holder.removeprefix("owner_")]})
        .order_by()
        .values_list(
            Value(number),
            F(f"{holder}_id"),
            F(catalog),
            F(container),
            right,
            _NEVER if right is _OWNS else F("ends_at"),
        )
        for number, (_, table, holder, catalog, container, right) in enumerate(_TABLES)
    ]
    of_groups = Revision.objects.filter(holder__in=[group_key(group) for group in holders["group"]])
    return of_groups.values_list(Value(_OF_A_GROUP), "holder", Value(0), Value(0), "value", _NEVER).union(*tables)


def _granted(rows: Iterable[tuple[int, str]]) -> dict[int, set[str]]:
    rights: dict[int, set[str]] = {}
    for key, right in rows:
        if right != _OWNS.value:
            rights.setdefault(key, set()).add(right)
    return rights


def _owned(rows: Iterable[tuple[int, str]]) -> frozenset[int]:
    return frozenset(key for key, right in rows if right == _OWNS.value)


def implying(any_of: frozenset[Privilege]) -> set[str]:
    """Return the grants (codenames) that give one of ``any_of``; ALL PRIVILEGES is resolved here, at each check."""
    implied = set(any_of) | ({Privilege.ALL_PRIVILEGES} if any_of - NOT_IN_ALL_PRIVILEGES else set())
    return {privilege.codename for privilege in implied}


@dataclass(frozen=True)
class _Kept:
    """Holdings, the tokens of everyone they depend on, and when the first grant among them ends."""

    holdings: Holdings
    holders: frozenset[int]
    tokens: frozenset[tuple[int, str]]
    until: datetime | None

    @classmethod
    def of(cls, holdings: Holdings, tokens: set[tuple[int, str]], ends: Mapping[Holder, datetime]) -> _Kept:
        groups = {group_key(group) for group in holdings.group_ids}
        holders = frozenset({ALL, user_key(holdings.user_id), *groups})
        granted_to = ((False, holdings.user_id), *((True, group) for group in holdings.group_ids))
        until = min((ends[holder] for holder in granted_to if holder in ends), default=None)
        return cls(holdings, holders, frozenset(token for token in tokens if token[0] in holders), until)

    def is_fresh(self, tokens: set[tuple[int, str]]) -> bool:
        has_ended = self.until is not None and self.until <= timezone.now()
        return not has_ended and self.tokens == {token for token in tokens if token[0] in self.holders}


def _holders(kept: Iterable[_Kept]) -> set[int]:
    return {holder for one in kept for holder in one.holders}


_KEPT: dict[int, _Kept] = {}
