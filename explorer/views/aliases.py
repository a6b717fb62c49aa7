"""Aliases of a model: set, moved, removed."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import forms, undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.finding import find_model
from explorer.views.paging import words_in
from registry.models import RegisteredModel
from registry.names import FullName, version_number
from registry.services.hierarchy import model_versions
from registry.services.metadata import aliases

CHOICES = 100
"""Versions that are offered to choose from."""


def set_alias(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Set an alias, or move one: where it points is shown before it moves. The address may bring both along."""
    model = find_model(request, full_name)
    name, version = _typed(request, "alias"), _typed(request, "version")
    row = aliases.find_alias(model=model, alias=name)

    def perform(fields: dict[str, Any]) -> None:
        aliases.set_registered_model_alias(
            actor=actor_of(request), model=model, alias=fields["alias"], version=fields["version"],
            expected=_expected(request),
        )  # fmt: skip
        before = row.model_version.version if row else None
        offer_undo(request, model, fields["alias"], before=before, now=fields["version"])

    choices = _versions_to_choose(request, model, version)
    if row is None:
        dialog = Dialog(f"Add an alias to {model.name}", "Save alias", page_of(model), _where_aliases_point(model))
        initial = {"alias": name, "version": version}
        form: forms.AliasForm = forms.AliasForm(submitted(request), initial=initial, versions=choices, most=CHOICES)
    else:
        now = row.model_version.version
        lead = f"Clients that load models:/{model.full_name}@{row.name} get the version that you choose here."
        dialog = Dialog(f"Move @{row.name}", "Move", page_of(model), lead)
        initial = {"alias": row.name, "version": version or str(now), "expected": str(now)}
        # A user who has typed a name that is taken does not know yet that it is.
        sent = submitted(request) if "expected" in request.POST else None
        form = forms.MovedAlias(sent, initial=initial, versions=choices, most=CHOICES, now=now)
    return answer(request, dialog, form, perform)


def delete_alias(request: HttpRequest, full_name: FullName) -> HttpResponse:
    model, alias = find_model(request, full_name), words_in(request, "alias")
    lead = f"Clients that load models:/{model.full_name}@{alias} will get an error."
    dialog = Dialog(f"Remove the alias {alias}", "Remove", page_of(model), lead, danger=True)

    def perform(fields: dict[str, Any]) -> None:
        row = aliases.find_alias(model=model, alias=alias)
        aliases.delete_registered_model_alias(
            actor=actor_of(request), model=model, alias=alias, expected=_expected(request)
        )
        offer_undo(request, model, alias, before=row.model_version.version if row else None, now=None)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def offer_undo(
    request: HttpRequest, model: RegisteredModel, alias: str, *, before: int | None, now: int | None
) -> None:
    """Say where ``alias`` points now, and how to set it back to ``before`` (None: it was not there)."""
    if before == now:
        return
    if now is None:
        words = f"@{alias} was removed from version {before}."
    else:
        words = f"@{alias} moved from version {before} to {now}." if before else f"@{alias} was set to version {now}."
    fields = {"alias": alias, "expected": str(now or 0)}
    if before:
        address = reverse("set-registered-model-alias", args=[model.name_parts])
        undo.tell(request.session, words, address, **fields, version=str(before))
    else:
        address = reverse("delete-registered-model-alias", args=[model.name_parts])
        undo.tell(request.session, words, f"{address}?{urlencode({'alias': alias})}", **fields)


def _typed(request: HttpRequest, name: str) -> str:
    """What was sent, or what the address brings along, as a database can be asked for it."""
    return request.POST.get(name, "").replace("\0", "") or words_in(request, name)


def _versions_to_choose(request: HttpRequest, model: RegisteredModel, named: str) -> list[int]:
    """The newest versions, and the one that is ``named``: by the page of an older one, or by an undo."""
    versions = model_versions.list_versions_of(actor=actor_of(request), model=model)
    newest = list(versions.values_list("version", flat=True)[:CHOICES])
    if re.fullmatch(r"[0-9]{1,9}", named) and int(named) not in newest:
        newest += versions.filter(version=int(named)).values_list("version", flat=True)
    return newest


def _expected(request: HttpRequest) -> int | None:
    """Where the sender believes the alias to point (``expected``, 0 for nowhere): someone may have moved it since."""
    text = request.POST.get("expected", "")
    if not text:
        return None
    return 0 if text == "0" else version_number(text)


def _where_aliases_point(model: RegisteredModel) -> str:
    now = [
        f"{alias.name} → version {alias.model_version.version}"
        for alias in model.aliases.select_related("model_version")
    ]
    return f"Now: {', '.join(now)}." if now else ""
