"""Finding objects by a part of their name, for who types: the tree's filter, the command palette, pickers."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Q

from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Catalog, RegisteredModel, Schema, Securable
from registry.names import folded
from registry.services import registered_models


@dataclass(frozen=True)
class Found:
    catalogs: list[Catalog]
    schemas: list[Schema]
    registered_models: list[RegisteredModel]

    @property
    def everything(self) -> list[Securable]:
        return [*self.catalogs, *self.schemas, *self.registered_models]


def look_up(*, actor: Actor, text: str, most: int) -> Found:
    """Catalogs, schemas and models that ``actor`` may know of with ``text`` in their names, ``most`` of each."""
    text = folded(text.strip())
    catalogs = authorization.visible(actor, Catalog.objects.filter(name__contains=text).order_by("name"))
    schemas = Schema.objects.select_related("catalog").order_by("catalog__name", "name")
    *container, name = text.rsplit(".", 1)
    schemas = schemas.filter(name__contains=name, catalog__name__endswith=container[0] if container else "")
    models = registered_models.list_known_models(actor=actor).filter(full_name__contains=text)
    return Found(list(catalogs[:most]), list(authorization.visible(actor, schemas)[:most]), list(models[:most]))


def list_writable_models(*, actor: Actor, text: str, most: int) -> list[RegisteredModel]:
    """Models with ``text`` in their names to which ``actor`` may add versions."""
    models = RegisteredModel.objects.filter(full_name__contains=text.strip().lower()).order_by("full_name")
    return list(authorization.permitted(actor, Operation.CREATE_MODEL_VERSION, models, listing=True)[:most])


def list_principals(*, text: str, most: int) -> list[tuple[str, str]]:
    """Names of groups and of active users and service principals, each with what it is called (a group: nothing).

    ``text`` is in the one or in the other.
    """
    groups = Group.objects.filter(name__icontains=text).order_by("name").values_list("name", flat=True)
    users = User.objects.filter(Q(user_name__icontains=text) | Q(display_name__icontains=text), is_active=True)
    found = users.order_by("user_name").values_list("user_name", "display_name")[:most]
    return [*((name, "") for name in groups[:most]), *found]
