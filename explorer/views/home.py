"""The first page: what waits for the reader, and what they have to do with."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache

from accounts.models import Scope
from explorer import snippets
from explorer.actors import actor_of
from explorer.views.shared import host_of
from explorer.views.use import token_for_lines
from registry.services.access import access_requests
from registry.services.finding import home

SHOWN = 8


@never_cache
def index(request: HttpRequest) -> HttpResponse:
    """A POST puts a token into the lines that register a model: it lasts for an hour."""
    actor = actor_of(request)
    to_decide, own = access_requests.list_to_decide(actor=actor), home.list_own_models(actor=actor, most=SHOWN)
    schema = home.schema_to_register_in(actor=actor)
    context: dict[str, Any] = {
        "to_decide": to_decide[:SHOWN],
        "own": own,
        "watched": home.list_watched_models(actor=actor, most=SHOWN),
        "schema_to_register_in": schema,
        "has_token": request.method == "POST",
    }
    if schema is not None:
        token = token_for_lines(request, "Lines to copy: the first model", Scope.REGISTRY)
        context["program"] = snippets.first_model(
            host_of(request), token, schema.full_name, keeps_runs=settings.KEEPS_RUNS
        )
    return render(request, "explorer/home/index.html", context)
