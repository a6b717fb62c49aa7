"""One way to change something: a form that is a page of its own, or a dialog where htmx asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from explorer import undo
from explorer.forms import Comment
from explorer.views.refusals import help_for
from explorer.views.shared import render_fragment
from explorer.wording import to_reader
from registry.exceptions import RegistryError


@dataclass(frozen=True)
class Dialog:
    """What a form's page says. ``back`` is where its user came from, and returns to; without ``submit`` that is all."""

    title: str
    submit: str
    back: str
    lead: str = ""
    danger: bool = False
    preview: str = "components/preview.html"
    """The template that shows what a preview returns."""
    is_live: bool = False
    """Whether the preview follows what is typed, by itself."""


Fields = dict[str, Any]

_DONE = {
    "Add": "Added.", "Change owner": "Owner changed.", "Create": "Created.", "Delete": "Deleted.", "Remove": "Removed.",
    "Rename": "Renamed.", "Restore": "Restored.", "Save": "Saved.", "Send": "Sent.", "Tag": "Tagged.",
}  # fmt: skip
"""What is said of a change afterwards, by the button that made it."""
_SHOWS_ITSELF = {"Comment", "Answer", "Copy version", "Look at them", "Register"}
"""Buttons that lead to what they have made."""


def answer(
    request: HttpRequest,
    dialog: Dialog,
    form: forms.Form,
    perform: Callable[[Fields], str | None],
    preview: Callable[[Fields], Any] | None = None,
) -> HttpResponse:
    """Show ``form``, or ``perform`` what it says and go where that says (back, if nowhere).

    What the service refuses is shown in the form: nothing that was typed is lost. With ``preview`` the form also has a
    button that shows what would happen; a form without fields shows it at once.
    """
    context: dict[str, Any] = {"dialog": dialog, "form": form, "can_preview": preview is not None and form.fields}
    only_looks = "preview" in request.POST
    try:
        if request.method == "POST" and form.is_valid() and not only_looks:
            said = undo.waiting(request.session)  # by an earlier change, and no page has shown it
            target = perform(form.cleaned_data) or _back(request, dialog)
            if undo.waiting(request.session) is said and dialog.submit not in _SHOWS_ITSELF:
                _say(request, dialog)
            return HttpResponseClientRedirect(target) if request.htmx else redirect(target)  # type: ignore[attr-defined]
        is_filled = form.is_bound and (only_looks or request.method == "GET")
        if preview is not None and (not form.fields or (is_filled and form.is_valid())):
            context["preview"] = preview(form.cleaned_data if form.is_bound else {})
    except RegistryError as error:
        _add_error(form, "\n".join([to_reader(error.message), *help_for(request, error).lines]), context)
    return render_fragment(request, "explorer/dialog.html", "dialog", context)


def _say(request: HttpRequest, dialog: Dialog) -> None:
    """Say that it was done, unless that has ended the very session of its user."""
    if request.session.exists(request.session.session_key or ""):
        undo.tell(request.session, _DONE.get(dialog.submit, "Done."))


def show(request: HttpRequest, dialog: Dialog) -> HttpResponse:
    """A dialog that says why there is nothing to do."""
    return render_fragment(request, "explorer/dialog.html", "dialog", {"dialog": dialog})


def opened_over(request: HttpRequest) -> str:
    """Return the path of the page over which the dialog was opened; nothing, if it is a page of its own."""
    return urlsplit(request.htmx.current_url_abs_path or "").path  # type: ignore[attr-defined]


def _back(request: HttpRequest, dialog: Dialog) -> str:
    """Where the dialog leads back to: to the very list over which it was opened, filtered and sorted as it was."""
    here, back = urlsplit(request.htmx.current_url_abs_path or ""), urlsplit(dialog.back)  # type: ignore[attr-defined]
    is_here = here.path == back.path and set(parse_qsl(back.query)) <= set(parse_qsl(here.query))
    return urlunsplit(("", "", here.path, here.query, "")) if is_here else dialog.back


def describe(request: HttpRequest, name: str, back: str, text: str, save: Callable[[str], object]) -> HttpResponse:
    """The form of a description, with a look at how its Markdown will look in the page."""
    dialog = Dialog(f"Describe {name}", "Save", back, preview="components/markdown_preview.html")

    def perform(fields: Fields) -> None:
        undo.require_untouched(request.POST.get("expected"), text)
        save(fields["comment"])
        if len(text) + len(fields["comment"]) <= undo.LONGEST:
            undo.tell(request.session, "Description saved.", request.path, comment=text, expected=fields["comment"])

    form = Comment(submitted(request), initial={"comment": text})
    return answer(request, dialog, form, perform, preview=lambda fields: fields["comment"] or " ")


def _add_error(form: forms.Form, message: str, context: dict[str, Any]) -> None:
    """Show an error in the form, or next to one that was not sent yet."""
    if form.is_bound:
        form.add_error(None, message)
    else:
        context["error"] = message


def submitted(request: HttpRequest) -> QueryDict | None:
    """Return what the form was sent with; None while it is only shown."""
    return request.POST if request.method == "POST" else None
