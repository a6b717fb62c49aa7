"""The reader's own personal access tokens."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import Scope
from accounts.sessions import is_proved
from explorer import account_forms, forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.proof import ask_for_proof
from explorer.views.shared import host_of
from registry.services.people import tokens

TOKEN_LINES = ("DATABRICKS_HOST={host}", "DATABRICKS_TOKEN={secret}", "MLFLOW_REGISTRY_URI=databricks-uc")


def index(request: HttpRequest) -> HttpResponse:
    rows = tokens.list_tokens(actor=actor_of(request))
    return render(request, "explorer/tokens/index.html", {"tokens": rows})


@never_cache
def create(request: HttpRequest) -> HttpResponse:
    """Ask what the token is for; then show its secret, this once. One of the widest scope takes a new proof."""
    initial = {"days": settings.TOKEN_LIFETIME_DAYS, **request.GET.dict()}
    form = account_forms.Token(submitted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        if _takes_proof(request, form.cleaned_data["scope"]):
            return ask_for_proof(request, f"{reverse('create-token')}?{urlencode(form.cleaned_data)}")
        _, secret = tokens.create_token(
            actor=actor_of(request),
            comment=form.cleaned_data["comment"],
            lifetime=timedelta(days=form.cleaned_data["days"]),
            scope=Scope(form.cleaned_data["scope"]),
        )
        return show_secret(request, "Your new token", secret, TOKEN_LINES, reverse("tokens"))
    context = {"form": form, "title": "Create a token", "back": reverse("tokens")}
    return render(request, "explorer/tokens/create.html", context)


@never_cache
def rotate(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Replace a token by a fresh one, and show that one's secret, this once."""
    token = tokens.get_token(actor=actor_of(request), uid=uid)
    if _takes_proof(request, token.scope):
        return ask_for_proof(request)
    if request.method == "POST":
        _, secret = tokens.rotate_token(actor=actor_of(request), uid=uid)
        return show_secret(request, "Your new token", secret, TOKEN_LINES, reverse("tokens"))
    return render(request, "explorer/tokens/rotate.html", {"token": token})


def _takes_proof(request: HttpRequest, scope: str) -> bool:
    return scope == Scope.ADMIN and not is_proved(request.session, settings.PROOF_LASTS)


def show_secret(request: HttpRequest, title: str, secret: str, lines: Iterable[str], back: str) -> HttpResponse:
    """The page that shows a secret once, in the ``lines`` of an environment that a client is set up with."""
    host = host_of(request)
    environment = [line.replace("{host}", host).replace("{secret}", secret) for line in lines]
    context = {"title": title, "secret": secret, "environment": environment, "back": back}
    return render(request, "explorer/tokens/created.html", context)


def revoke(request: HttpRequest, uid: UUID) -> HttpResponse:
    lead = "Programs that use it are refused from the next request on."
    token = tokens.get_token(actor=actor_of(request), uid=uid)
    dialog = Dialog(f"Revoke {token}", "Revoke", reverse("tokens"), lead, danger=True)

    def perform(fields: dict[str, Any]) -> None:
        tokens.revoke_token(actor=actor_of(request), uid=uid)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)
