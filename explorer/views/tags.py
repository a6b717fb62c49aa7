"""Tags of registered models and of model versions: an address with a version is about that version's."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse

from explorer import forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.finding import find_model, find_version
from registry.names import FullName
from registry.services import tags


def set_tag(request: HttpRequest, full_name: FullName, version: int | None = None) -> HttpResponse:
    """Add a tag, or change the one that the address names."""
    subject = _subject(request, full_name, version)
    dialog = Dialog(f"Tag {subject}", "Save", page_of(subject))

    def perform(asked: dict[str, Any]) -> None:
        tags.set_tag(actor=actor_of(request), subject=subject, key=asked["key"], value=asked["value"])

    initial = {"key": request.GET.get("key", ""), "value": request.GET.get("value", "")}
    return answer(request, dialog, forms.Tag(submitted(request), initial=initial), perform)


def delete_tag(request: HttpRequest, full_name: FullName, version: int | None = None) -> HttpResponse:
    """Remove the tag that the address names."""
    subject, key = _subject(request, full_name, version), request.GET.get("key", "")
    dialog = Dialog(f"Remove the tag {key}", "Remove", page_of(subject), f"From {subject}.", danger=True)

    def perform(asked: dict[str, Any]) -> None:
        tags.delete_tag(actor=actor_of(request), subject=subject, key=key)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _subject(request: HttpRequest, full_name: FullName, version: int | None) -> tags.Taggable:
    if version is None:
        return find_model(request, full_name)
    return find_version(request, full_name, version)
