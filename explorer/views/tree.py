"""The branches of the catalog tree, fetched when they are opened."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer.actors import actor_of
from explorer.navigation import models_of, schemas_of
from registry.services import catalogs, schemas


def branch(request: HttpRequest) -> HttpResponse:
    """The schemas of a catalog, or the models of a schema, as the address asks."""
    actor = actor_of(request)
    catalog = catalogs.get_catalog(actor=actor, name=request.GET.get("catalog", ""))
    if name := request.GET.get("schema"):
        schema = schemas.get_schema(actor=actor, catalog=catalog.name, name=name)
        return render(request, "components/tree.html#models", {"schema": models_of(actor, schema)})
    return render(request, "components/tree.html#schemas", {"catalog": schemas_of(actor, catalog)})
