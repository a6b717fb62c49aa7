"""The catalog tree beside every page, opened along the path of the page that is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from explorer.actors import actor_of
from registry import authorization
from registry.actor import Actor
from registry.models import Catalog, RegisteredModel, Schema
from registry.names import FullName
from registry.services import catalogs, notifications, registered_models, schemas

THEMES = ("system", "light", "dark")

BRANCH = 200
"""Entries that a branch shows; the page of its parent shows them all."""


@dataclass
class SchemaBranch:
    row: Schema
    models: list[RegisteredModel] = field(default_factory=list)
    is_open: bool = False


@dataclass
class CatalogBranch:
    row: Catalog
    schemas: list[SchemaBranch] = field(default_factory=list)
    is_open: bool = False


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Context processor: what the frame shows (each read only by templates that show it), and the theme."""
    theme = request.COOKIES.get("theme", "system")
    return {
        "tree": SimpleLazyObject(lambda: _tree(request)),
        "unread": SimpleLazyObject(lambda: _unread(request)),
        "is_administrator": SimpleLazyObject(lambda: _is_administrator(request)),
        "theme": theme if theme in THEMES else "system",
    }


def _unread(request: HttpRequest) -> int:
    return notifications.count_unread(actor=actor_of(request)) if request.user.is_authenticated else 0


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_authenticated and authorization.is_administrator(actor_of(request))


def schemas_of(actor: Actor, catalog: Catalog) -> CatalogBranch:
    found = schemas.list_schemas(actor=actor, catalog=catalog)[:BRANCH]
    return CatalogBranch(catalog, [SchemaBranch(schema) for schema in found], is_open=True)


def models_of(actor: Actor, schema: Schema) -> SchemaBranch:
    found = registered_models.list_models_of_schema(actor=actor, schema=schema)[:BRANCH]
    return SchemaBranch(schema, list(found), is_open=True)


def _tree(request: HttpRequest) -> list[CatalogBranch]:
    if not request.user.is_authenticated:
        return []
    actor = actor_of(request)
    open_catalog, open_schema = _path(request)
    return [
        _open(actor, catalog, open_schema) if catalog.name == open_catalog else CatalogBranch(catalog)
        for catalog in catalogs.list_catalogs(actor=actor)[:BRANCH]
    ]


def _open(actor: Actor, catalog: Catalog, open_schema: str) -> CatalogBranch:
    branch = schemas_of(actor, catalog)
    branch.schemas = [
        models_of(actor, schema.row) if schema.row.name == open_schema else schema for schema in branch.schemas
    ]
    return branch


def _path(request: HttpRequest) -> tuple[str, str]:
    """The catalog and the schema in which the page that is shown lies."""
    arguments = request.resolver_match.kwargs if request.resolver_match else {}
    match arguments:
        case {"full_name": FullName() as full_name}:
            return full_name.catalog, full_name.schema
        case {"schema": (catalog, schema)}:
            return catalog, schema
        case {"catalog": str() as catalog}:
            return catalog.lower(), ""
    return "", ""
