"""The page of an object."""

from __future__ import annotations

from functools import lru_cache

from django.urls import reverse

from registry.models import Catalog, ModelVersion, RegisteredModel, Schema, Securable


def page_of(row: Securable | ModelVersion) -> str:
    """The address at which people see ``row``; the list of catalogs for the metastore."""
    match row:
        case Catalog():
            return _address("catalog", row.name)
        case Schema():
            return _address("schema", row.name_parts)
        case RegisteredModel():
            return _address("registered-model", row.name_parts)
        case ModelVersion():
            return _address("model-version", row.registered_model.name_parts, row.version)
        case _:
            return _address("catalogs")


@lru_cache(maxsize=10_000)
def _address(page: str, *names: object) -> str:
    """Kept, since every page asks for those of a hundred and more entries of the tree."""
    return reverse(page, args=names)
