"""Copying a version: where to, what it becomes there, and the job that does it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.copy_forms import CopyVersion
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.finding import find_version
from explorer.views.paging import words_in
from registry.exceptions import RegistryError
from registry.models import Alias, ModelVersion
from registry.names import FullName
from registry.services.labels.tags import assignable
from registry.services.versions import copies, destinations
from registry.services.versions.destinations import CopyOutcome

_OFFERED = 50
_LAST = "last_schema_copied_to"


def copy(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    """Choose where to copy this version; then show the job that does it."""
    actor, source = actor_of(request), find_version(request, full_name, version)
    dialog = Dialog(
        f"Copy version {source.version} of {source.registered_model.name} to…", "Copy version", page_of(source),
        preview="components/copy_outcome.html", is_live=True,
    )  # fmt: skip
    tags = assignable(actor, dict(source.tags.values_list("key", "value")))

    def perform(fields: dict[str, Any]) -> str:
        chosen = FullName.parse(fields["destination"].strip())
        job = copies.copy_model_version_to(
            actor=actor, source=source, full_name=chosen, alias=fields["alias"], with_card=fields["with_card"],
            version_tags={key: tags[key] for key in fields.get("tags", [])},
        )  # fmt: skip
        request.session[_LAST] = f"{chosen.catalog}.{chosen.schema}"
        return reverse("job", args=[job.pk])

    def preview(fields: dict[str, Any]) -> CopyOutcome:
        chosen = FullName.parse(fields["destination"].strip())
        return destinations.outcome_of(actor=actor, source=source, full_name=chosen)

    return answer(request, dialog, _form(request, source, tags), perform, preview)


def suggestions(request: HttpRequest) -> HttpResponse:
    """Models that the reader may copy to, by the letters in ``destination``: options to choose from."""
    text = words_in(request, "destination")
    offered = destinations.list_destinations(actor=actor_of(request), source=None, text=text, most=_OFFERED)
    return render(request, "components/suggestions.html", {"suggestions": offered})


def _form(request: HttpRequest, source: ModelVersion, tags: dict[str, str]) -> CopyVersion:
    actor = actor_of(request)
    named = _typed(request) or _default(request, source)
    there = _aliases_at(request, source, named)
    return CopyVersion(
        submitted(request),
        initial={"destination": named, "tags": [key for key in tags if destinations.travels(key)]},
        suggestions=destinations.list_destinations(actor=actor, source=source, text="", most=_OFFERED),
        aliases=destinations.aliases_offered(source, there),
        version_tags=sorted(tags.items()),
    )


def _typed(request: HttpRequest) -> str:
    return words_in(request, "destination") or request.POST.get("destination", "").replace("\0", "").strip()


def _default(request: HttpRequest, source: ModelVersion) -> str:
    """The same name one environment further on; else in the schema that was copied to last."""
    name, last = destinations.next_environment(actor=actor_of(request), source=source), request.session.get(_LAST)
    model = source.registered_model
    if name or not last or last == model.schema.full_name:
        return name
    return f"{last}.{model.name}"


def _aliases_at(request: HttpRequest, source: ModelVersion, named: str) -> list[Alias]:
    """The aliases of the model called ``named``, if there is one that the reader can see."""
    try:
        full_name = FullName.parse(named.strip())
        return destinations.outcome_of(actor=actor_of(request), source=source, full_name=full_name).aliases
    except RegistryError:
        return []
