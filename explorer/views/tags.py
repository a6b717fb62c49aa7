"""Tags: of catalogs, schemas and models, and of versions, which have an address of their own."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import forms, undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_securable, find_version
from explorer.views.paging import words_in
from registry.kinds import in_the_tree, kind_of
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema
from registry.names import DEPRECATED, FullName
from registry.services.labels import certification, deprecations, tags


def set_tag(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    return _set(request, find_version(request, full_name, version))


def delete_tag(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    return _delete(request, find_version(request, full_name, version))


def set_tag_of(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    return _set(request, _taggable(request, securable_type, full_name))


def delete_tag_of(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    return _delete(request, _taggable(request, securable_type, full_name))


def certify(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    """Mark a catalog, schema or model as certified or deprecated, or take the mark away."""
    securable = _taggable(request, securable_type, full_name)
    dialog = Dialog(
        f"Certification of {securable}", "Save", page_of(securable), "The mark is shown next to its name everywhere."
    )

    before = certification.certification_in(securable.tags.all())
    if isinstance(securable, RegisteredModel):
        return _certify_model(request, dialog, securable, before)

    def perform(fields: Fields) -> None:
        undo.require_untouched(request.POST.get("expected"), before)
        certification.certify(actor=actor_of(request), securable=securable, status=fields["status"])
        undo.tell(request.session, "Certification saved.", request.path, status=before, expected=fields["status"])

    initial = {"status": before}
    return answer(request, dialog, forms.Certification(submitted(request), initial=initial), perform)


def _certify_model(request: HttpRequest, dialog: Dialog, model: RegisteredModel, status: str) -> HttpResponse:
    actor, advice = actor_of(request), deprecations.advice_on(actor=actor_of(request), model=model)
    before = {"status": status}
    if advice and status == DEPRECATED:
        before |= {
            "replacement": advice.replacement.full_name if advice.replacement else "",
            "ends_on": advice.ends_on.isoformat() if advice.ends_on else "",
            "note": advice.note,
        }

    def perform(fields: Fields) -> None:
        undo.require_untouched(request.POST.get("expected"), status)
        deprecations.certify_model(actor=actor, model=model, **fields)
        undo.tell(request.session, "Certification saved.", request.path, **before, expected=fields["status"])

    return answer(request, dialog, forms.ModelCertification(submitted(request), initial=before), perform)


def _set(request: HttpRequest, subject: tags.Taggable) -> HttpResponse:
    """Add a tag, or change the one that the address names."""
    dialog = Dialog(f"Tag {subject}", "Save", page_of(subject))

    def perform(fields: Fields) -> None:
        key, value = fields["key"], fields["value"]
        before = subject.tags.filter(key=key).first()
        undo.require_untouched(request.POST.get("expected"), before.value if before else "")
        tags.set_tag(actor=actor_of(request), subject=subject, key=key, value=value)
        if before is None:
            remove = f"{_addresses(subject)[1]}?{urlencode({'key': key})}"
            undo.tell(request.session, f"Tag {key} added.", remove, expected=value)
        else:
            undo.tell(request.session, f"Tag {key} changed.", request.path, key=key, value=before.value, expected=value)

    initial = {"key": request.GET.get("key", ""), "value": request.GET.get("value", "")}
    return answer(request, dialog, forms.TagForm(submitted(request), initial=initial), perform)


def _delete(request: HttpRequest, subject: tags.Taggable) -> HttpResponse:
    """Remove the tag that the address names."""
    key = words_in(request, "key")
    dialog = Dialog(f"Remove the tag {key}", "Remove", page_of(subject), f"From {subject}.", danger=True)

    def perform(fields: Fields) -> None:
        before = subject.tags.filter(key=key).first()
        undo.require_untouched(request.POST.get("expected"), before.value if before else "")
        tags.delete_tag(actor=actor_of(request), subject=subject, key=key)
        if before is not None:
            address = _addresses(subject)[0]
            undo.tell(request.session, f"Tag {key} removed.", address, key=key, value=before.value, expected="")

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _addresses(subject: tags.Taggable) -> tuple[str, str]:
    """Where a tag of ``subject`` is set, and where one is removed."""
    if isinstance(subject, ModelVersion):
        arguments: list[Any] = [subject.registered_model.name_parts, subject.version]
        names = "set-model-version-tag", "delete-model-version-tag"
    else:
        arguments = [subject.securable_type.lower(), kind_of(subject).address_name(subject)]
        names = "set-tag", "delete-tag"
    return reverse(names[0], args=arguments), reverse(names[1], args=arguments)


def _taggable(request: HttpRequest, securable_type: str, full_name: str) -> Catalog | Schema | RegisteredModel:
    securable = find_securable(request, securable_type, full_name)
    return in_the_tree(securable, f"A {securable.securable_type.words.lower()} has no tags.")
