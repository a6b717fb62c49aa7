"""Service principals: what each signs in with. Administrators make it, and see its text once."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache

from accounts.models import Scope, User
from explorer import account_forms, forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.principal_access import access_of
from explorer.views.proof import needs_proof
from explorer.views.tokens import TOKEN_LINES, show_secret
from registry import limits
from registry.services.people import principals, tokens

_OAUTH_LINES = ("DATABRICKS_HOST={host}", "DATABRICKS_CLIENT_ID={client}", "DATABRICKS_CLIENT_SECRET={secret}")


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    actor, principal = actor_of(request), _service_principal(request, pk)
    context = {
        "service_principal": principal,
        "tokens": tokens.list_all_tokens(actor=actor).filter(user=principal),
        "secrets": tokens.list_secrets(actor=actor, owner=principal),
        **access_of(request, principal),
    }
    return render(request, "explorer/principals/service_principal.html", context)


@needs_proof
@never_cache
def create_token(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask what the token is for; then show its secret, this once."""
    principal = _service_principal(request, pk)
    back, form = (
        _page(principal),
        account_forms.Token(submitted(request), initial={"days": settings.TOKEN_LIFETIME_DAYS}),
    )
    if request.method == "POST" and form.is_valid():
        fields = form.cleaned_data
        _, secret = tokens.create_token_for(
            actor=actor_of(request), application_id=principal.user_name, comment=fields["comment"],
            lifetime=timedelta(days=fields["days"]), scope=Scope(fields["scope"]),
        )  # fmt: skip
        return show_secret(request, f"A new token of {principal.get_full_name()}", secret, TOKEN_LINES, back)
    context = {"form": form, "title": f"Create a token of {principal.get_full_name()}", "back": back}
    return render(request, "explorer/tokens/create.html", context)


@needs_proof
@never_cache
def create_secret(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask how long the OAuth secret counts; then show it, this once."""
    principal = _service_principal(request, pk)
    back = _page(principal)
    form = account_forms.OAuthSecretForm(submitted(request), initial={"days": limits.OAUTH_SECRET_LIFETIME_DAYS})
    if request.method == "POST" and form.is_valid():
        lifetime = timedelta(days=form.cleaned_data["days"])
        _, text = tokens.create_secret(actor=actor_of(request), owner=principal, lifetime=lifetime)
        lines = [line.replace("{client}", principal.user_name) for line in _OAUTH_LINES]
        return show_secret(request, f"A new OAuth secret of {principal.get_full_name()}", text, lines, back)
    context = {"form": form, "title": f"Create an OAuth secret of {principal.get_full_name()}", "back": back}
    return render(request, "explorer/tokens/create.html", context)


def delete_secret(request: HttpRequest, pk: int, uid: UUID) -> HttpResponse:
    principal = _service_principal(request, pk)
    lead = "The access tokens that were got with it are refused from the next request on."
    dialog = Dialog(
        f"Delete an OAuth secret of {principal.get_full_name()}", "Delete", _page(principal), lead, danger=True
    )

    def perform(fields: Fields) -> None:
        tokens.delete_secret(actor=actor_of(request), owner=principal, uid=uid)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _service_principal(request: HttpRequest, pk: int) -> User:
    principals.require_right(actor=actor_of(request))
    return principals.get_user(pk=pk, kind=User.Kind.SERVICE_PRINCIPAL)


def _page(principal: User) -> str:
    return reverse("service-principal", args=[principal.pk])
