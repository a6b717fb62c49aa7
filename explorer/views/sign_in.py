"""Signing in: by password, or by a provider of OpenID Connect. Every failure reads the same, whatever its reason."""

from __future__ import annotations

import logging
from typing import Any

from authlib.integrations.base_client import OAuthError
from authlib.integrations.django_client import OAuth
from django.conf import settings
from django.contrib import admin
from django.contrib.auth import login, update_session_auth_hash
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from joserfc.errors import JoseError
from requests import RequestException

from accounts import views as accounts
from accounts.sessions import note_sign_in, uid_of
from explorer.actors import actor_of
from explorer.views.dialogs import Asked, Dialog, answer, submitted
from explorer.views.errors import error_page
from registry import audit
from registry.actor import Actor
from registry.denials import DenialKind
from registry.exceptions import RegistryError
from registry.services import principals, sessions, single_sign_on

_NEXT = "sign_in_next"
_BACKEND = "django.contrib.auth.backends.ModelBackend"

logger = logging.getLogger(__name__)


class SignIn(accounts.SignIn):
    """The sign-in page; each success and each failure is an event."""

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        provider = settings.OIDC["name"] if settings.OIDC["issuer"] else ""
        return super().get_context_data(provider=provider, **context)

    def form_valid(self, form: AuthenticationForm) -> HttpResponse:
        response = super().form_valid(form)
        _signed_in(self.request, "password")
        return response

    def form_invalid(self, form: AuthenticationForm) -> HttpResponse:
        if not getattr(self.request, "axes_locked_out", False):  # that one is recorded by ``locked_out``
            audit.sign_in_denied(_attempt(self.request, typed_name(self.request, None)), "password")
        return super().form_invalid(form)


@login_not_required
def admin_door(request: HttpRequest) -> HttpResponse:
    """Where the Django admin sends whom it does not let in: to the one sign-in page, as its own leaves no events."""
    if not request.user.is_authenticated:
        return redirect_to_login(request.GET.get("next", reverse("admin:index")))
    if admin.site.has_permission(request):
        return redirect("admin:index")
    audit.refused(actor_of(request), DenialKind.NOT_STAFF, "openAdmin", request.GET.get("next", ""))
    return error_page(request, 403, "The Django admin is for staff.")


def change_password(request: HttpRequest) -> HttpResponse:
    """One's own password; all other sessions end."""
    dialog = Dialog("Change your password", "Save", reverse("profile"), "Your other sessions end.")

    def perform(asked: Asked) -> None:
        principals.change_own_password(actor=actor_of(request), password=asked["new_password1"])
        update_session_auth_hash(request, actor_of(request).principal)
        sessions.end_other_sessions(actor=actor_of(request), keep=uid_of(request.session))

    form = PasswordChangeForm(actor_of(request).principal, submitted(request))
    response = answer(request, dialog, form, perform)
    if form.has_error("old_password", "password_incorrect"):
        audit.refused(actor_of(request), DenialKind.WRONG_PASSWORD, "changePassword", actor_of(request).name)
    return response


@login_not_required
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Send the reader to the provider. (With proof keys, a state and a nonce, kept in the session.)"""
    client = _provider()
    request.session[_NEXT] = request.GET.get("next", "")
    try:
        there: HttpResponse = client.authorize_redirect(
            request, request.build_absolute_uri(reverse("single-sign-on-callback"))
        )
    except (RequestException, OAuthError, ValueError):
        logger.exception("The provider of single sign-on did not answer as it should.")
        return error_page(request, 502, "The provider of single sign-on cannot be reached. Try again later.")
    return there


@login_not_required
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Take the reader back from the provider, with what it says of them."""
    attempt = _attempt(request, "")
    try:
        claims = _claims(request)
        attempt = _attempt(request, str(claims.get("email", "")))
        user = single_sign_on.user_of_claims(actor=attempt, claims=claims)
    except (OAuthError, JoseError, RequestException, KeyError, ValueError, RegistryError) as error:
        logger.warning("Single sign-on failed: %s", error)
        audit.sign_in_denied(attempt, "OpenID Connect", str(error))
        return render(request, "accounts/sign_in_failed.html", status=403)
    target = request.session.pop(_NEXT, "")
    login(request, user, backend=_BACKEND)
    request.user = user
    _signed_in(request, "OpenID Connect")
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return redirect(target if is_ours else resolve_url(settings.LOGIN_REDIRECT_URL))


def _claims(request: HttpRequest) -> dict[str, Any]:
    """What the verified ID token says, and of the groups, if it does not, what the provider says when asked."""
    client = _provider()
    token = client.authorize_access_token(request)
    claims = dict(token["userinfo"])
    if settings.OIDC["groups_claim"] not in claims and client.load_server_metadata().get("userinfo_endpoint"):
        more = client.userinfo(token=token)
        if more["sub"] == claims["sub"]:
            claims = {**more, **claims}
    return claims


def typed_name(request: HttpRequest, credentials: dict[str, Any] | None) -> str:
    """The account that is signed in to, as accounts are spelled: another spelling is no fresh start."""
    typed = (credentials or {}).get("username") or request.POST.get("username", "")
    return str(typed).replace("\0", "").strip().lower()[:255]


@login_not_required
def locked_out(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer somebody who has guessed too often."""
    audit.sign_in_denied(_attempt(request, typed_name(request, None)), "password", kind=DenialKind.LOCKED_OUT)
    return error_page(request, 429, "Too many attempts. Wait a quarter of an hour, and try again.")


def _provider() -> Any:
    """The client of the provider that the settings name."""
    oidc = settings.OIDC
    if not oidc["issuer"]:
        raise Http404
    return OAuth().register(
        "provider",
        client_id=oidc["client_id"],
        client_secret=oidc["client_secret"],
        server_metadata_url=f"{oidc['issuer']}/.well-known/openid-configuration",
        client_kwargs={"scope": oidc["scope"], "code_challenge_method": "S256", "timeout": 10},
    )


def _signed_in(request: HttpRequest, method: str) -> None:
    actor = actor_of(request)
    note_sign_in(request.session, address=actor.address, user_agent=actor.user_agent)
    audit.signed_in(actor, method)


def _attempt(request: HttpRequest, name: str) -> Actor:
    """Whoever tries to sign in: nobody yet, under the name that was typed or told."""
    return Actor.of_nobody(request, name)
