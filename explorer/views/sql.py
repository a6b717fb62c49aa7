"""A page to execute SQL on: one statement at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer import forms
from explorer.actors import actor_of
from explorer.views.dialogs import submitted
from registry.exceptions import RegistryError
from registry.services.finding import statements


def index(request: HttpRequest) -> HttpResponse:
    form = forms.Statement(submitted(request))
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            context["table"] = statements.execute_statement(
                actor=actor_of(request), text=form.cleaned_data["statement"]
            )
        except RegistryError as error:
            form.add_error(None, error.message)
    return render(request, "explorer/sql/index.html", context)
