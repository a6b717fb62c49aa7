"""Proving once more who the reader is, before what only administrators do, or what makes a wide credential."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django_htmx.http import HttpResponseClientRedirect

from accounts import throttle
from accounts.forms import Proof
from accounts.hashing import Busy
from accounts.sessions import note_proof
from explorer.actors import actor_of
from explorer.views.signing import ours
from registry import audit

View = TypeVar("View", bound=Callable[..., HttpResponse])


def needs_proof(view: View) -> View:
    """Let ``view`` be used only by someone who has proved lately who they are: see ``guards.ProofMiddleware``."""
    view.needs_proof = True  # type: ignore[attr-defined]
    return view


def ask_for_proof(request: HttpRequest, target: str = "") -> HttpResponse:
    """Lead to the page that asks for it, and from there to ``target``, or to this page again."""
    return go_to(request, f"{reverse('prove')}?{urlencode({'next': target or request.get_full_path()})}")


def go_to(request: HttpRequest, target: str) -> HttpResponse:
    """Lead the whole page to ``target``, where htmx asks for a fragment of it too."""
    return HttpResponseClientRedirect(target) if request.htmx else redirect(target)  # type: ignore[attr-defined]


@never_cache
def prove(request: HttpRequest) -> HttpResponse:
    """Ask for the password, or lead to the provider of single sign-on."""
    user = actor_of(request).principal
    target = ours(request, request.GET.get("next", "")) or resolve_url(settings.LOGIN_REDIRECT_URL)
    form = Proof(request.POST if request.method == "POST" else None) if user.has_usable_password() else None
    if form is not None and form.is_valid():
        if proves_password(request, form.cleaned_data["password"]):
            note_proof(request.session)
            return redirect(target)
        form.add_error("password", "The password is wrong.")
    by_provider = settings.OIDC["name"] if settings.OIDC["issuer"] and user.sso_subject else ""
    context: dict[str, Any] = {"form": form, "provider": by_provider, "next": target}
    return render(request, "accounts/prove.html", context)


def proves_password(request: HttpRequest, password: str) -> bool:
    """Return whether it is the password of the user who is signed in; every other one is a denied event."""
    actor = actor_of(request)
    attempt = throttle.proof(user=actor.principal)
    try:
        attempt.begin()
        if actor.principal.check_password(password):
            attempt.give_back()
            return True
    except throttle.TooManyAttempts:
        audit.proof_denied(actor, "password")
        raise
    except Busy:
        attempt.give_back()
        raise
    audit.proof_denied(actor, "password")
    return False
