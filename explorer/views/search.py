"""Search over all models one may see, in the grammar that the clients use, with facets and saved searches."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from explorer import forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.shared import render_fragment
from registry.exceptions import InvalidParameterValue
from registry.http.paging import page
from registry.models import ModelVersion, RegisteredModel
from registry.search import from_words, keys_of
from registry.services.finding import facets, saved_searches
from registry.services.labels.certification import with_certification

PAGE_SIZE = 50
_SORTS: dict[str, tuple[str, ...]] = {
    "name": (),
    "updated": ("last_updated_timestamp DESC",),
    "created": ("creation_timestamp DESC",),
}
_SORT_LABELS = (("name", "Name"), ("updated", "Last changed"), ("created", "Newest"))


def index(request: HttpRequest) -> HttpResponse:
    """What is found; the facets are asked for afterwards, by ``counts``."""
    actor, words, chosen = actor_of(request), _words(request), _chosen(request)
    query, sort = _query(words, chosen), request.GET.get("sort", "")
    sort = sort if sort in _SORTS else "name"
    context: dict[str, Any] = {
        "words": words, "chosen": _described(words, chosen), "query": query, "sort": sort, "sorts": _SORT_LABELS,
        "saved": saved_searches.list_saved_searches(actor=actor),
    }  # fmt: skip
    try:
        context["filter"] = from_words(words)
        found = facets.search_models(actor=actor, where=context["filter"], chosen=chosen)
        context["models"], context["next"] = page(
            with_certification(found).prefetch_related("aliases"),
            keys=keys_of(RegisteredModel, _SORTS[sort]), size=PAGE_SIZE, token=request.GET.get("after", ""),
            bound_to=f"search {query} by {sort} for {request.user.pk}",
        )  # fmt: skip
        flavors = facets.flavors_of(actor=actor, models=context["models"])
        context["rows"] = [(model, flavors.get(model.pk, "")) for model in context["models"]]
    except InvalidParameterValue as error:
        context["error"] = error.message
    return render(request, "explorer/search/index.html", context, status=400 if "error" in context else 200)


def counts(request: HttpRequest) -> HttpResponse:
    """The facets of a search, which its page asks for when the results stand."""
    words, chosen = _words(request), _chosen(request)
    found, counted = facets.count_facets(actor=actor_of(request), where=from_words(words), chosen=chosen)
    offered = {
        name: [
            (_label(name, choice.value), choice.words, _query(words, chosen | {name: choice.value}))
            for choice in values
        ]
        for name, values in counted.items()
        if name not in chosen
    }
    context = {"facets": offered, "query": _query(words, chosen), "found": found}
    return render_fragment(request, "explorer/search/facets.html", "facets", context)


def save(request: HttpRequest) -> HttpResponse:
    """Keep the search that the address has."""
    query = _query(_words(request), _chosen(request))
    dialog = Dialog("Save this search", "Save", f"{reverse('search')}?{query}")

    def perform(fields: Fields) -> None:
        saved_searches.save_search(actor=actor_of(request), name=fields["name"], query=query)

    return answer(request, dialog, forms.SavedSearch(submitted(request)), perform)


@require_POST
def forget(request: HttpRequest, pk: int) -> HttpResponse:
    saved_searches.delete_saved_search(actor=actor_of(request), key=pk)
    return redirect("search")


def _words(request: HttpRequest) -> str:
    return request.GET.get("q", "").strip()


def _chosen(request: HttpRequest) -> dict[str, str]:
    """The values of facets to which the address narrows."""
    fields = {name: request.GET.get(name, "").replace("\0", "") for name in facets.FACETS}
    return {name: value for name, value in fields.items() if value}


def _query(words: str, chosen: dict[str, str]) -> str:
    return urlencode({**({"q": words} if words else {}), **chosen})


def _described(words: str, chosen: dict[str, str]) -> list[tuple[str, str, str]]:
    """Each facet that is chosen: its name, its value, and the query without it."""
    return [
        (name, _label(name, value), _query(words, {other: v for other, v in chosen.items() if other != name}))
        for name, value in chosen.items()
    ]


def _label(name: str, value: str) -> str:
    """A value as people read it."""
    if name == "status":
        return str(dict(ModelVersion.Status.choices).get(value, value))
    if name == "certification":
        return value.capitalize()
    return value.removesuffix("=") if name == "tag" else value
