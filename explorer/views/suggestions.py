"""«AI generate»: what would be sent to a language model, and the suggestion that it writes."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import orjson
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.finding import find_securable, find_version
from explorer.views.shared import render_fragment
from registry.exceptions import InvalidState
from registry.models import Governed
from registry.names import FullName
from registry.services.versions import suggestions


def suggest(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    securable = find_securable(request, securable_type, full_name)
    return _suggest(request, securable, reverse("edit-comment", args=[securable_type, full_name]))


def suggest_for_version(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    model_version = find_version(request, full_name, version)
    return _suggest(request, model_version, reverse("edit-model-version-comment", args=[full_name, version]))


def _suggest(request: HttpRequest, subject: Governed, edit_url: str) -> HttpResponse:
    """Show what would be sent; once it is sent, the suggestion in the form that saves a description."""
    actor = actor_of(request)
    metadata = suggestions.metadata_of(actor=actor, subject=subject)
    context: dict[str, Any] = {
        "subject": subject,
        "edit_url": edit_url,
        "metadata": orjson.dumps(metadata, option=orjson.OPT_INDENT_2).decode(),
        "instruction": suggestions.INSTRUCTION,
        "endpoint": urlsplit(settings.AI["base_url"]).hostname,
        "ai_model": settings.AI["model"],
        "back": page_of(subject),
    }
    if request.method == "POST":
        try:
            text = suggestions.suggest_description(actor=actor, subject=subject)
            context["form"] = forms.Comment(initial={"comment": text})
        except InvalidState as error:
            context["error"] = error.message
    return render_fragment(request, "explorer/suggestion.html", "dialog", context)
