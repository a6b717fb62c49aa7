"""The page of an object."""

from __future__ import annotations

from django.urls import reverse

from registry.models import Catalog, ModelVersion, RegisteredModel, Schema, Securable


def page_of(row: Securable | ModelVersion) -> str:
    """The address at which people see ``row``; the list of catalogs for the metastore."""
    match row:
        case Catalog():
            return reverse("catalog", args=[row.name])
        case Schema():
            return reverse("schema", args=[row.name_parts])
        case RegisteredModel():
            return reverse("registered-model", args=[row.name_parts])
        case ModelVersion():
            return reverse("model-version", args=[row.registered_model.name_parts, row.version])
        case _:
            return reverse("catalogs")
