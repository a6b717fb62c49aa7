"""Search over all models one may see, in the grammar that the clients use."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer.actors import actor_of
from registry.api.paging import page
from registry.exceptions import InvalidParameterValue
from registry.search import from_words
from registry.services import registered_models

PAGE_SIZE = 50


def index(request: HttpRequest) -> HttpResponse:
    words = request.GET.get("q", "").strip()
    context: dict[str, Any] = {"words": words}
    try:
        context["filter"] = from_words(words)
        context["models"], context["next"] = page(
            registered_models.list_registered_models(actor=actor_of(request), where=context["filter"]),
            keys=("full_name",), size=PAGE_SIZE, token=request.GET.get("after", ""),
            bound_to=f"search {words} for {request.user.pk}",
        )  # fmt: skip
    except InvalidParameterValue as error:
        context["error"] = error.message
    return render(request, "explorer/search/index.html", context, status=400 if "error" in context else 200)
