"""One way to change something: a form that is a page of its own, or a dialog where htmx asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django_htmx.http import HttpResponseClientRedirect

from explorer.views.shared import render_fragment
from registry.exceptions import RegistryError


@dataclass(frozen=True)
class Dialog:
    """What a form's page says. ``back`` is where its user came from, and returns to."""

    title: str
    submit: str
    back: str
    lead: str = ""
    danger: bool = False


def answer(
    request: HttpRequest, dialog: Dialog, form: forms.Form, perform: Callable[[dict[str, Any]], str | None]
) -> HttpResponse:
    """Show ``form``, or ``perform`` what it says and go where that says (back, if nowhere).

    What the service refuses stands in the form: nothing that was typed is lost.
    """
    if request.method == "POST" and form.is_valid():
        try:
            target = perform(form.cleaned_data) or dialog.back
        except RegistryError as error:
            form.add_error(None, error.message)
        else:
            return HttpResponseClientRedirect(target) if request.htmx else redirect(target)  # type: ignore[attr-defined]
    return render_fragment(request, "explorer/dialog.html", "dialog", {"dialog": dialog, "form": form})


def submitted(request: HttpRequest) -> QueryDict | None:
    """What the form was sent with; None while it is only shown."""
    return request.POST if request.method == "POST" else None
