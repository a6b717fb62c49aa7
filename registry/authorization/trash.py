"""Who sees what is in the trash, and may restore it: who could have deleted it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.db.models import Q, QuerySet

from registry.authorization.holdings import Holdings, implying, owned_by
from registry.models import Catalog, RegisteredModel, Schema, TrashManager
from registry.models.ending import in_force
from registry.operations import Operation
from registry.privileges import Privilege

Permitted = Callable[[Operation, QuerySet[Any]], QuerySet[Any]]


def trash_filter(held: Holdings, permitted: Permitted) -> Q:
    """Return the filter over entries: who owned the object or had MANAGE on it, or manages what it was in now.

    ``permitted`` narrows rows to those on which the actor may perform an operation.
    """
    managers = in_force(TrashManager.objects.filter(Q(user=held.user_id) | Q(group__in=held.group_ids)))
    own = owned_by(held.user_id, held.group_ids) | Q(pk__in=managers.values("entry"))
    return (
        (own & _is_usable(held))
        | Q(catalog__in=permitted(Operation.UPDATE_CATALOG, Catalog.objects.all()))
        | Q(schema__in=permitted(Operation.UPDATE_SCHEMA, Schema.objects.all()))
        | Q(registered_model__in=permitted(Operation.DELETE_MODEL_VERSION, RegisteredModel.objects.all()))
    )


def _is_usable(held: Holdings) -> Q:
    """What it was in can be used now, as who deletes it needs; or there is nothing that it is in."""
    usable = Q(catalog__in=held.usable_catalogs) | Q(schema__in=held.usable_schemas)
    usable |= Q(schema__catalog__in=held.fully_usable_catalogs)
    return usable | Q(catalog=None, schema=None, registered_model=None)


def managers_of(row: Catalog | Schema | RegisteredModel) -> list[TrashManager]:
    """Return who may manage ``row`` by a grant on itself, and until when, as rows of an entry that are not saved."""
    gives = {"permission__codename__in": implying(frozenset({Privilege.MANAGE}))}
    users = in_force(row.user_grants.filter(**gives)).values_list("user_id", "ends_at")
    groups = in_force(row.group_grants.filter(**gives)).values_list("group_id", "ends_at")
    return [
        *(TrashManager(user_id=user, ends_at=ends_at) for user, ends_at in users),
        *(TrashManager(group_id=group, ends_at=ends_at) for group, ends_at in groups),
    ]
