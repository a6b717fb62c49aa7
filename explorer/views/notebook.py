"""The example notebook, to download."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse

from explorer.actors import actor_of
from explorer.notebook import NAME, notebook
from explorer.views.finding import find_schema
from explorer.views.shared import host_of
from registry.models import Schema
from registry.names import schema_name
from registry.services.hierarchy import schemas

_NOWHERE = "main.default"
"""Where the notebook begins for a reader who may create models nowhere yet."""


def example(request: HttpRequest) -> HttpResponse:
    """Answer with the notebook for the schema that the address names, or the first in which the reader may begin."""
    schema: Schema | None
    if wanted := request.GET.get("schema"):
        schema = find_schema(request, schema_name(wanted))
    else:
        schema = schemas.list_schemas_for_models(actor=actor_of(request)).first()
    host = host_of(request)
    headers = {"Content-Disposition": f'attachment; filename="{NAME}"'}
    content = notebook(host, schema.full_name if schema else _NOWHERE)
    return HttpResponse(content, content_type="application/x-ipynb+json", headers=headers)
