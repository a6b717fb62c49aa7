"""Search over all models that users can see, in the grammar that the clients use, with facets and saved searches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from accounts.models import User
from explorer import forms
from explorer.actors import actor_of
from explorer.addresses import called, page_of_principal
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.shared import render_fragment
from registry.exceptions import InvalidParameterValue
from registry.http.paging import page
from registry.models import ModelVersion, RegisteredModel
from registry.models.filing import attach_containers
from registry.search import from_words, keys_of, ranked, words_of
from registry.services.finding import facets, lookup, saved_searches
from registry.services.hierarchy import model_versions
from registry.services.labels.certification import with_certification
from registry.services.people import names

PAGE_SIZE = 50
COUNTED = 100
"""How many versions and principals are counted on their tabs; if there are more, they say «100+»."""
_RELEVANCE = "relevance"
_KEYS: dict[str, tuple[str, ...]] = {
    _RELEVANCE: ("-rank", "filed_as", "pk"),
    "name": keys_of(RegisteredModel, ["name"]),
    "updated": keys_of(RegisteredModel, ["last_updated_timestamp DESC"]),
    "created": keys_of(RegisteredModel, ["creation_timestamp DESC"]),
}
_SORTS = ((_RELEVANCE, "Best match"), ("name", "Name"), ("updated", "Last changed"), ("created", "Newest"))


def index(request: HttpRequest) -> HttpResponse:
    """What is found; the facets are asked for afterwards, by ``counts``."""
    words, chosen = _words(request), _chosen(request)
    listed = words_of(words)
    sorts = _SORTS if listed else _SORTS[1:]
    sort = request.GET.get("sort", "")
    context: dict[str, Any] = {
        "words": words, "chosen": _described(words, chosen), "query": _query(words, chosen), "sorts": sorts,
        "sort": sort if sort in dict(sorts) else sorts[0][0], "active_tab": "models",
        "saved": saved_searches.list_saved_searches(actor=actor_of(request)),
    }  # fmt: skip
    try:
        if listed and not chosen:
            context |= _tabs(request, listed)
        if context["active_tab"] == "models":
            context |= _models(request, context["sort"], words, chosen)
    except InvalidParameterValue as error:
        context["error"] = error.message
    return render(request, "explorer/search/index.html", context, status=400 if "error" in context else 200)


def _models(request: HttpRequest, sort: str, words: str, chosen: dict[str, str]) -> dict[str, Any]:
    """A page of models. Where none has all words, those that have any are shown."""
    actor, listed = actor_of(request), words_of(words)
    is_any = _is_any(request)
    rows, after = _page_of_models(request, sort, words, chosen, is_any=is_any)
    if not rows and not is_any and len(listed) > 1:
        is_any = True
        rows, after = _page_of_models(request, sort, words, chosen, is_any=True)
    flavors = facets.flavors_of(actor=actor, models=rows)
    return {
        "models": rows, "next": after, "is_any": is_any and bool(rows),
        "query": _query(words, chosen, is_any=is_any and bool(rows)),
        "rows": [(model, flavors.get(model.pk, "")) for model in rows],
    }  # fmt: skip


def _page_of_models(
    request: HttpRequest, sort: str, words: str, chosen: dict[str, str], *, is_any: bool
) -> tuple[list[RegisteredModel], str]:
    found = facets.search_models(actor=actor_of(request), where=from_words(words, is_any=is_any), chosen=chosen)
    if sort == _RELEVANCE:
        found = ranked(found, words_of(words))
    return page(
        with_certification(found).prefetch_related("aliases"), keys=_KEYS[sort], size=PAGE_SIZE,
        token=request.GET.get("after", ""),
        bound_to=f"search {_query(words, chosen, is_any=is_any)} by {sort} for {request.user.pk}",
    )  # fmt: skip


def _tabs(request: HttpRequest, words: list[str]) -> dict[str, Any]:
    """The tabs of what else has the words: versions, and people, groups and service principals."""
    versions = model_versions.list_model_versions(actor=actor_of(request), where=from_words(" ".join(words)))
    people = lookup.search_principals(words=words, most=COUNTED + 1)
    keys = versions.order_by().values_list("pk", flat=True)[: COUNTED + 1]
    tabs = (
        ("models", "Models", ""),
        ("versions", "Versions", _counted(keys)),
        ("people", "People and groups", _counted(people)),
    )
    asked = request.GET.get("activeTab", "")
    context: dict[str, Any] = {"tabs": tabs, "active_tab": asked if asked in ("versions", "people") else "models"}
    if context["active_tab"] == "versions":
        context["versions"] = _newest(versions)
    if context["active_tab"] == "people":
        context["people"] = [_described_principal(who) for who in people[:COUNTED]]
    return context


def _newest(versions: QuerySet[ModelVersion]) -> list[ModelVersion]:
    newest = versions.prefetch_related("aliases").order_by("-created_at", "-pk")[:COUNTED]
    rows = attach_containers(newest, lambda row: row.registered_model)
    names.prime(row.created_by for row in rows)
    return rows


def _described_principal(who: User | Group) -> dict[str, Any]:
    """A row of the people's tab; ``owns`` is the query that finds what they own."""
    owned = _query("", {"owner": str(who)})
    return {"who": who, "called": called(who), "page": page_of_principal(who), "owns": owned}


def _counted(rows: Sequence[object] | QuerySet[Any, Any]) -> str:
    return f"{COUNTED}+" if len(rows) > COUNTED else str(len(rows))


def counts(request: HttpRequest) -> HttpResponse:
    """The facets of a search, which its page asks for when the results are there."""
    words, chosen = _words(request), _chosen(request)
    where = from_words(words, is_any=_is_any(request))
    found, counted = facets.count_facets(actor=actor_of(request), where=where, chosen=chosen)
    offered = {
        name: [
            (
                _label(name, choice.value),
                choice.words,
                _query(words, chosen | {name: choice.value}, is_any=_is_any(request)),
            )
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


def _is_any(request: HttpRequest) -> bool:
    """Whether one of the words is enough, as the page of a search that found nothing by all of them has decided."""
    return request.GET.get("any") == "1"


def _query(words: str, chosen: dict[str, str], *, is_any: bool = False) -> str:
    return urlencode({**({"q": words} if words else {}), **chosen, **({"any": "1"} if is_any else {})})


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
