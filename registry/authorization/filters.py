"""The rules as filters over rows, in SQL: what lists, pages, point checks and buttons all ask."""

from __future__ import annotations

from typing import Any

from django.db.models import Model, Q, QuerySet

from registry.authorization.holdings import Holdings, implying, owned_by
from registry.authorization.rules import Rule, rule
from registry.kinds import KIND_OF
from registry.models import (
    Catalog,
    ModelVersion,
    RegisteredModel,
    RegisteredModelGroupGrant,
    RegisteredModelUserGrant,
    Schema,
)
from registry.privileges import GRANTABLE, Privilege, SecurableType


def rule_filter(model: type[Model], held: Holdings, governing: Rule, *, listing: bool) -> Q:
    """Return the rule as a filter over rows of ``model``. What belongs to a registered model is governed by it."""
    if model is Catalog:
        return _catalogs(held, governing)
    if model is Schema:
        return _schemas(held, governing)
    permitted = _registered_models(held, governing, _PATHS[model], listing=listing)
    if governing.creators is None or model is not ModelVersion or not held.user_id:
        return permitted
    own = _registered_models(held, governing.of_own(), _PATHS[model], listing=listing)
    return permitted | (Q(creator_key=held.user_id) & own)


def visible_filter(model: type[Model], held: Holdings, *, listing: bool) -> Q:
    """Return the filter of what is visible: by any privilege on it, or by BROWSE on its catalog, which needs no USE."""
    securable_type: SecurableType = getattr(model, "securable_type", SecurableType.FUNCTION)
    any_right = rule(*GRANTABLE[securable_type])
    browsable = held.catalogs(frozenset({Privilege.BROWSE}), owned=False)
    catalog = KIND_OF[model].path_to(Catalog)
    return rule_filter(model, held, any_right, listing=listing) | Q(**{f"{catalog}__in": browsable})


_PATHS: dict[type[Model], str] = {RegisteredModel: "", ModelVersion: "registered_model__"}
"""From a row to the registered model that governs it."""


def _catalogs(held: Holdings, governing: Rule) -> Q:
    allowed = held.catalogs(governing.any_of)
    return Q(pk__in=allowed & held.usable_catalogs if governing.uses_itself else allowed)


def _schemas(held: Holdings, governing: Rule) -> Q:
    inherited = Q(catalog__in=held.catalogs(governing.any_of, owned=governing.container_owners))
    direct = Q(pk__in=held.schemas(governing.any_of))
    if governing.uses_itself:
        usable = Q(catalog__in=held.fully_usable_catalogs) | Q(pk__in=held.usable_schemas)
    else:
        usable = Q(catalog__in=held.usable_catalogs)
    return usable & (direct | inherited)


def _registered_models(held: Holdings, governing: Rule, path: str, *, listing: bool) -> Q:

    def in_(column: str, keys: Any) -> Q:
        return Q(**{f"{path}{column}__in": keys})

    schemas = held.schemas(governing.any_of, owned=governing.container_owners)
    catalogs = held.catalogs(governing.any_of, owned=governing.container_owners)
    usable = in_("schema__catalog", held.fully_usable_catalogs) | in_("schema", held.usable_schemas)
    if held.supposed_on_models is not None:
        supposed = {key for key, codenames in held.supposed_on_models.items() if codenames & implying(governing.any_of)}
        direct = owned_by(held.user_id, held.group_ids, path) | in_("pk", supposed)
        return usable & (direct | in_("schema", schemas) | in_("schema__catalog", catalogs))
    to_user, to_groups = _direct_grants(held, implying(governing.any_of))
    if listing and not schemas and not catalogs:
        # Direct rights alone: one set of keys, with which a database begins. An OR of conditions hides that.
        mine = RegisteredModel.objects.order_by().values("pk")
        owned = mine.filter(owner_user=held.user_id), mine.filter(owner_group__in=held.group_ids)
        return usable & in_("pk", to_user.union(to_groups, *owned, all=True))
    direct = owned_by(held.user_id, held.group_ids, path) | in_("pk", to_user) | in_("pk", to_groups)
    return usable & (direct | in_("schema", schemas) | in_("schema__catalog", catalogs))


def _direct_grants(held: Holdings, codenames: set[str]) -> tuple[QuerySet[Any, Any], QuerySet[Any, Any]]:
    """Keys of the models on which one of ``codenames`` is granted, to the user and to its groups."""
    to_user = RegisteredModelUserGrant.objects.filter(user=held.user_id, permission__codename__in=codenames)
    to_groups = RegisteredModelGroupGrant.objects.filter(group__in=held.group_ids, permission__codename__in=codenames)
    return to_user.values("content_object"), to_groups.values("content_object")
