"""The OpenAPI document, and the page that shows it."""

from __future__ import annotations

from functools import cache
from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularSwaggerSplitView
from rest_framework.request import Request

from registry.api.summaries import TAGS
from registry.http.errors import endpoint_not_found


@cache
def _document() -> bytes:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]
    document = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    document["tags"] = [{"name": name, "description": description} for name, description in TAGS]
    return orjson.dumps(document)


def openapi_json(request: HttpRequest) -> HttpResponse:
    """``/api/openapi.json``: the whole API, for tools."""
    return HttpResponse(_document(), content_type="application/json")


class Docs(SpectacularSwaggerSplitView):
    """The page about the API. Its script is a separate request, as our Content-Security-Policy requires."""

    url_name = "openapi"
    template_name = "explorer/api_docs.html"
    authentication_classes = ()
    permission_classes = ()

    def http_method_not_allowed(self, request: Request, *args: Any, **kwargs: Any) -> HttpResponse:  # type: ignore[override]
        return endpoint_not_found(request._request)
