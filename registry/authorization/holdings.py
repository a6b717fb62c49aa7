"""What an actor holds on containers. Grants on single models stay in SQL.

It is read once and kept in the process while the database's revision token stays, which every request reads: a
change counts from the next request on, in every process, and a request without one costs a single small query.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Model, Q

from accounts.models import group_ids_of
from accounts.prepared import Prepared
from registry.actor import Actor
from registry.models import (
    Catalog,
    CatalogGroupGrant,
    CatalogUserGrant,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    Revision,
    Schema,
    SchemaGroupGrant,
    SchemaUserGrant,
)
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
    compiled: dict[Any, Prepared] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def of(cls, actor: Actor) -> Holdings:
        """The holdings of ``actor`` as they are: recalled (one query, none within a request), or read (nine)."""
        if "holdings" not in actor.held:
            # The token first: what is read after it is as new, or newer.
            actor.held["holdings"] = cls._recall(actor, Revision.current())
        holdings: Holdings = actor.held["holdings"]
        return holdings

    @classmethod
    def _recall(cls, actor: Actor, revision: str) -> Holdings:
        key = actor.principal.pk
        kept = _KEPT.get(key)
        if kept is None or kept[0] != revision:
            if len(_KEPT) >= _MOST_KEPT:
                _KEPT.clear()
            kept = _KEPT[key] = (revision, cls._read(actor))
        # A metastore administrator is one by the row of the user, which every request reads anew.
        return replace(kept[1], is_administrator=actor.principal.is_metastore_admin)

    @classmethod
    def _read(cls, actor: Actor) -> Holdings:
        user_id, groups = actor.principal.pk, group_ids_of(actor.principal)
        mine = owned_by(user_id, groups)
        catalog_of: dict[int, int] = {}
        on_schemas: dict[int, set[str]] = {}
        for schema, catalog, codename in _grants(
            SchemaUserGrant, SchemaGroupGrant, user_id, groups, "content_object_id", "content_object__catalog_id"
        ):
            on_schemas.setdefault(schema, set()).add(codename)
            catalog_of[schema] = catalog
        on_catalogs: dict[int, set[str]] = {}
        for catalog, codename in _grants(CatalogUserGrant, CatalogGroupGrant, user_id, groups, "content_object_id"):
            on_catalogs.setdefault(catalog, set()).add(codename)
        owned_schemas = dict(Schema.objects.filter(mine).values_list("pk", "catalog_id"))
        return cls(
            user_id=user_id,
            group_ids=groups,
            is_administrator=actor.principal.is_metastore_admin,
            on_metastore=frozenset(row[0] for row in _grants(MetastoreUserGrant, MetastoreGroupGrant, user_id, groups)),
            on_catalogs=on_catalogs,
            on_schemas=on_schemas,
            owned_catalogs=frozenset(Catalog.objects.filter(mine).values_list("pk", flat=True)),
            owned_schemas=frozenset(owned_schemas),
            catalog_of=catalog_of | owned_schemas,
        )

    def catalogs(self, any_of: frozenset[Privilege], *, owned: bool = True) -> set[int]:
        """Catalogs on which one of ``any_of`` is held, and (``owned``) those that are owned."""
        held = {pk for pk, codenames in self.on_catalogs.items() if codenames & implying(any_of)}
        return held | self.owned_catalogs if owned else held

    def schemas(self, any_of: frozenset[Privilege], *, owned: bool = True) -> set[int]:
        """Schemas on which themselves one of ``any_of`` is held, and (``owned``) those that are owned."""
        held = {pk for pk, codenames in self.on_schemas.items() if codenames & implying(any_of)}
        return held | self.owned_schemas if owned else held

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
    """Rows that the user, or one of the groups, owns; ``path`` leads to what is owned."""
    return Q(**{f"{path}owner_user": user_id}) | Q(**{f"{path}owner_group__in": group_ids})


def _grants(
    user_grants: type[Model], group_grants: type[Model], user_id: int, group_ids: frozenset[int], *columns: str
) -> list[tuple[Any, ...]]:
    """Grants to the user and to its groups as ``(*columns, codename)``, in one query."""
    rows = user_grants._default_manager.filter(user=user_id)
    group_rows = group_grants._default_manager.filter(group__in=group_ids)
    wanted = (*columns, "permission__codename")
    return list(rows.values_list(*wanted).union(group_rows.values_list(*wanted)))


def implying(any_of: frozenset[Privilege]) -> set[str]:
    """Codenames of the grants that give one of ``any_of``; ALL PRIVILEGES is resolved here, when it is checked."""
    implied = set(any_of) | ({Privilege.ALL_PRIVILEGES} if any_of - NOT_IN_ALL_PRIVILEGES else set())
    return {privilege.codename for privilege in implied}


_KEPT: dict[int, tuple[str, Holdings]] = {}
