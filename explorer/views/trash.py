"""The trash: what the reader may restore, and what administrators delete forever."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import forms, undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.paging import paginate
from registry.models import TrashEntry
from registry.services.trash import entries


def index(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    page = paginate(request, entries.list_trash(actor=actor))
    context = {"page": page, "may_purge": entries.may_purge(actor=actor), "days": settings.TRASH_KEPT_FOR.days}
    return render(request, "explorer/trash/index.html", context)


def restore(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Put something back, under another name if its own is taken."""
    entry = entries.get_entry(actor=actor_of(request), uid=uid)
    lead = "It comes back with everything that was in it, and with the rights to it."
    dialog = Dialog(f"Restore {entry}", "Restore", reverse("trash"), lead)

    def perform(fields: Fields) -> str:
        restored = entries.restore(actor=actor_of(request), uid=uid, new_name=fields.get("new_name", ""))
        words = f"{restored.row} was restored."
        if restored.lost_aliases:
            names = ", ".join(f"@{alias}" for alias in restored.lost_aliases)
            words += f" Not with {names}: pointing at another version by now."
        undo.tell(request.session, words)
        return page_of(restored.row)

    return answer(request, dialog, _form(request, entry), perform)


def _form(request: HttpRequest, entry: TrashEntry) -> forms.Confirm | forms.RestoreAs:
    if entry.kind == TrashEntry.Kind.MODEL_VERSION:
        return forms.Confirm(submitted(request))
    return forms.RestoreAs(submitted(request), initial={"new_name": entry.name})


def purge(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Delete something forever, before its time is over."""
    entry = entries.get_entry(actor=actor_of(request), uid=uid)
    lead = "All of it is deleted with its files. This cannot be undone."
    dialog = Dialog(f"Delete {entry} forever", "Delete forever", reverse("trash"), lead, danger=True)

    def perform(fields: Fields) -> None:
        entries.purge(actor=actor_of(request), uid=uid)
        undo.tell(request.session, f"{entry} is deleted forever.")

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)
