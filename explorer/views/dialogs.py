"""One way to change something: a form that is a page of its own, or a dialog where htmx asks for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django_htmx.http import HttpResponseClientRedirect

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
            return HttpResponseClientRedirect(target) if _is_htmx(request) else redirect(target)
    template = "explorer/dialog.html#dialog" if _is_htmx(request) else "explorer/dialog.html"
    return render(request, template, {"dialog": dialog, "form": form})


def submitted(request: HttpRequest) -> QueryDict | None:
    """What the form was sent with; None while it is only shown."""
    return request.POST if request.method == "POST" else None


def _is_htmx(request: HttpRequest) -> bool:
    return bool(request.htmx)  # type: ignore[attr-defined]
