"""The rules as filters over rows, in SQL: what lists, pages, point checks and buttons all ask."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from django.db.models import Model, Q, QuerySet

from registry.authorization.holdings import Holdings, implying, owned_by
from registry.authorization.rules import Rule, rule
from registry.kinds import KIND_OF, Kind, governing_kind
from registry.models import (
    Catalog,
    Experiment,
    ExperimentGroupGrant,
    ExperimentUserGrant,
    ExternalMetadata,
    ExternalMetadataGroupGrant,
    ExternalMetadataUserGrant,
    RegisteredModel,
    RegisteredModelGroupGrant,
    RegisteredModelUserGrant,
    Schema,
    Table,
    TableGroupGrant,
    TableUserGrant,
)
from registry.models.ending import in_force
from registry.privileges import GRANTABLE, Privilege, SecurableType


def rule_filter(model: type[Model], held: Holdings, governing: Rule, *, listing: bool) -> Q:
    """Return the rule as a filter over rows of ``model``: what isn't a securable is governed by what it is in."""
    kind = KIND_OF[model]
    permitted = _governed(kind, held, governing, listing=listing)
    if governing.creators is None or not kind.creator or not held.user_id:
        return permitted
    own = _governed(kind, held, governing.of_own(), listing=listing)
    return permitted | (Q(**{kind.creator: held.user_id}) & own)


def visible_filter(model: type[Model], held: Holdings, *, listing: bool) -> Q:
    """Return the filter of what is visible: by any privilege on it, or by BROWSE on its catalog, which needs no USE."""
    kind = KIND_OF[model]
    any_right = rule(*GRANTABLE[SecurableType(governing_kind(kind).wire_type)])
    visible = rule_filter(model, held, any_right, listing=listing)
    if not kind.is_or_lies_in(Catalog):
        return visible
    browsable = held.catalogs(frozenset({Privilege.BROWSE}), owned=False)
    return visible | Q(**{f"{kind.path_to(Catalog)}__in": browsable})


def _governed(kind: Kind, held: Holdings, governing: Rule, *, listing: bool) -> Q:
    securable = governing_kind(kind)
    path = "" if kind is securable else f"{kind.path_to(securable.model)}__"
    return _FILTERS[securable.model](held, governing, path, listing=listing)


def _in(path: str, column: str, keys: Any) -> Q:
    """Return the condition that ``column``, to which ``path`` leads, is one of ``keys``."""
    return Q(**{f"{path}{column}__in": keys})


def _catalogs(held: Holdings, governing: Rule, path: str, *, listing: bool) -> Q:
    allowed = held.catalogs(governing.any_of)
    return _in(path, "pk", allowed & held.usable_catalogs if governing.uses_itself else allowed)


def _schemas(held: Holdings, governing: Rule, path: str, *, listing: bool) -> Q:
    in_ = partial(_in, path)
    inherited = in_("catalog", held.catalogs(governing.any_of, owned=governing.container_owners))
    direct = in_("pk", held.schemas(governing.any_of))
    if governing.uses_itself:
        usable = in_("catalog", held.fully_usable_catalogs) | in_("pk", held.usable_schemas)
    else:
        usable = in_("catalog", held.usable_catalogs)
    return usable & (direct | inherited)


def _in_schemas(kind: type[Model], held: Holdings, governing: Rule, path: str, *, listing: bool) -> Q:
    in_ = partial(_in, path)
    schemas = held.schemas(governing.any_of, owned=governing.container_owners)
    catalogs = held.catalogs(governing.any_of, owned=governing.container_owners)
    usable = in_("schema__catalog", held.fully_usable_catalogs) | in_("schema", held.usable_schemas)
    if held.supposed is not None:
        supposed = held.supposed_rows(kind, governing.any_of)
        direct = owned_by(held.user_id, held.group_ids, path) | in_("pk", supposed)
        return usable & (direct | in_("schema", schemas) | in_("schema__catalog", catalogs))
    to_user, to_groups = _direct_grants(held, implying(governing.any_of), kind)
    if listing and not schemas and not catalogs:
        # Only direct rights: one set of keys, with which a database begins. An OR of conditions hides that.
        return usable & in_("pk", to_user.union(to_groups, *_owned(kind, held), all=True))
    direct = owned_by(held.user_id, held.group_ids, path) | in_("pk", to_user) | in_("pk", to_groups)
    return usable & (direct | in_("schema", schemas) | in_("schema__catalog", catalogs))


def _in_nothing(kind: type[Model], held: Holdings, governing: Rule, path: str, *, listing: bool) -> Q:
    in_ = partial(_in, path)
    if held.supposed is not None:
        supposed = held.supposed_rows(kind, governing.any_of)
        return owned_by(held.user_id, held.group_ids, path) | in_("pk", supposed)
    to_user, to_groups = _direct_grants(held, implying(governing.any_of), kind)
    if listing:
        return in_("pk", to_user.union(to_groups, *_owned(kind, held), all=True))
    return owned_by(held.user_id, held.group_ids, path) | in_("pk", to_user) | in_("pk", to_groups)


def _owned(kind: type[Model], held: Holdings) -> tuple[QuerySet[Any, Any], QuerySet[Any, Any]]:
    """Keys of the objects of ``kind`` that the user owns, and that its groups own."""
    mine = kind._default_manager.order_by().values("pk")
    return mine.filter(owner_user=held.user_id), mine.filter(owner_group__in=held.group_ids)


def _direct_grants(
    held: Holdings, codenames: set[str], kind: type[Model]
) -> tuple[QuerySet[Any, Any], QuerySet[Any, Any]]:
    """Keys of the objects of ``kind`` on which one of ``codenames`` is granted, to the user and to its groups."""
    of_users, of_groups = _GRANTS[kind]
    to_user = of_users._default_manager.filter(user=held.user_id, permission__codename__in=codenames)
    to_groups = of_groups._default_manager.filter(group__in=held.group_ids, permission__codename__in=codenames)
    return in_force(to_user).values("content_object"), in_force(to_groups).values("content_object")


_GRANTS: dict[type[Model], tuple[type[Model], type[Model]]] = {
    RegisteredModel: (RegisteredModelUserGrant, RegisteredModelGroupGrant),
    Table: (TableUserGrant, TableGroupGrant),
    ExternalMetadata: (ExternalMetadataUserGrant, ExternalMetadataGroupGrant),
    Experiment: (ExperimentUserGrant, ExperimentGroupGrant),
}
"""The tables of grants on objects that contain no securable: to users, and to groups."""

_FILTERS: dict[type[Model], Callable[..., Q]] = {
    Catalog: _catalogs,
    Schema: _schemas,
    RegisteredModel: partial(_in_schemas, RegisteredModel),
    Table: partial(_in_schemas, Table),
    ExternalMetadata: partial(_in_nothing, ExternalMetadata),
    Experiment: partial(_in_nothing, Experiment),
}
"""For each kind that grants can be on; ``path`` leads there from the rows that are asked for."""
