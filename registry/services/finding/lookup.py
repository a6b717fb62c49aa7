"""Finding objects by a part of their name, for users who type: the tree's filter, the command palette, pickers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import Group
from django.db.models import Q, QuerySet

from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema, Securable
from registry.models.filing import SHOWN_NAME, attach_containers, with_shown_name
from registry.names import folded
from registry.services.hierarchy import registered_models
from registry.services.labels.certification import with_certification

_MODELS = 10
"""Models whose versions are offered at once."""


@dataclass(frozen=True)
class Found:
    catalogs: list[Catalog]
    schemas: list[Schema]
    registered_models: list[RegisteredModel]

    @property
    def everything(self) -> list[Securable]:
        return [*self.catalogs, *self.schemas, *self.registered_models]


def look_up(*, actor: Actor, text: str, most: int) -> Found:
    """Return catalogs, schemas and models that ``actor`` can see, with ``text`` in their names, ``most`` of each."""
    text = folded(text.strip())
    catalogs = authorization.visible(actor, Catalog.objects.filter(name__contains=text).order_by("name"))
    schemas = Schema.objects.select_related("catalog").order_by("catalog__name", "name")
    *container, name = text.rsplit(".", 1)
    schemas = schemas.filter(name__contains=name, catalog__name__endswith=container[0] if container else "")
    models = _with_name(registered_models.list_known_models(actor=actor), text)
    matches = [catalogs, authorization.visible(actor, schemas), models]
    return Found(*(list(with_certification(rows)[:most]) for rows in matches))


def list_writable_models(*, actor: Actor, text: str, most: int) -> list[RegisteredModel]:
    """Return models with ``text`` in their names to which ``actor`` may add versions."""
    models = _with_name(_models(), folded(text.strip()))
    writable = authorization.permitted(actor, Operation.CREATE_MODEL_VERSION, models, listing=True)
    return attach_containers(writable[:most], lambda model: model)


def list_versions(*, actor: Actor, text: str, most: int) -> list[tuple[str, str]]:
    """Return versions as ``<full name>/<number>`` of models that ``actor`` may read, each with its aliases.

    ``text`` is a part of the model's name, and may go on with ``/`` and a number, or with ``@`` and an alias.
    """
    name, sign, rest = re.fullmatch(r"([^/@]*)([/@]?)(.*)", text.strip(), re.DOTALL).groups()  # type: ignore[union-attr]
    models = _with_name(_models(), folded(name))
    readable = authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, models, listing=True)[:_MODELS]
    versions = ModelVersion.objects.filter(registered_model__in=list(readable))
    if sign == "/" and re.fullmatch(r"[0-9]{1,9}", rest):
        versions = versions.filter(version=int(rest))
    if sign == "@" and rest:
        versions = versions.filter(aliases__folded__startswith=folded(rest))
    rows = versions.select_related("registered_model__schema__catalog").prefetch_related("aliases")
    return [
        (f"{row.registered_model.full_name}/{row.version}", ", ".join(f"@{alias}" for alias in row.aliases.all()))
        for row in rows.order_by("registered_model__filed_as", "registered_model_id", "-version").distinct()[:most]
    ]


def search_principals(*, words: Sequence[str], most: int) -> list[User | Group]:
    """Return groups, active users and service principals that have all of ``words`` in their names."""
    if not words:
        return []
    groups: QuerySet[Group] = Group.objects.order_by("name")
    people: QuerySet[User] = User.objects.filter(is_active=True).order_by("user_name")
    for word in words:
        groups = groups.filter(name__icontains=word)
        people = people.filter(Q(user_name__icontains=word) | Q(display_name__icontains=word))
    found: list[User | Group] = [*groups[:most]]
    found += people[:most]
    return found[:most]


def list_principals(*, text: str, most: int) -> list[tuple[str, str]]:
    """Return groups, active users and service principals by name, each with what it is called (a group: nothing).

    ``text`` is in either of them.
    """
    groups = Group.objects.filter(name__icontains=text).order_by("name").values_list("name", flat=True)
    users = User.objects.filter(Q(user_name__icontains=text) | Q(display_name__icontains=text), is_active=True)
    people = users.order_by("user_name").values_list("user_name", "display_name")[:most]
    return [*((name, "") for name in groups[:most]), *people]


def _models() -> QuerySet[RegisteredModel]:
    return RegisteredModel.objects.order_by("filed_as", "pk")


def _with_name(models: QuerySet[RegisteredModel], text: str) -> QuerySet[RegisteredModel]:
    return with_shown_name(models).filter(**{f"{SHOWN_NAME}__has_part": text})
