"""Signing in by a provider of OpenID Connect, and proving by it once more who the reader is.

What is to be known on the way back is in a signed cookie of some minutes: a click leaves nothing in the database.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from authlib.integrations.base_client import OAuthError
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render, resolve_url
from django.urls import reverse
from django.views.decorators.cache import never_cache
from joserfc.errors import JoseError
from requests import RequestException

from accounts.models import User
from accounts.sessions import note_proof
from explorer import provider
from explorer.actors import actor_of
from explorer.provider import Distrusted
from explorer.views.errors import error_page
from explorer.views.signing import forget, ours, put, sign_in, take
from registry import audit
from registry.actor import Actor
from registry.exceptions import RegistryError
from registry.services.people import single_sign_on

_COOKIE = "single_sign_on"
_LASTS = 600
"""Seconds that someone has at the provider."""
_FRESH = 300
"""Seconds that a sign-in at the provider counts as a proof."""
_ANEW = {"prompt": "login", "max_age": "60"}

_ERRORS = (OAuthError, JoseError, RequestException, KeyError, TypeError, ValueError, Distrusted)

logger = logging.getLogger(__name__)


@login_not_required
@never_cache
def begin(request: HttpRequest) -> HttpResponse:
    """Send the reader to the provider; with ``prove``, to sign in there again."""
    _require_provider()
    proves = "prove" in request.GET and request.user.is_authenticated
    try:
        there, begun = provider.begin(_return_address(request), **(_ANEW if proves else {}))
    except _ERRORS:
        logger.exception("The provider of single sign-on did not answer as it should.")
        return error_page(request, 502, "The provider of single sign-on cannot be reached. Try again later.")
    response = redirect(there)
    content = {**begun, "next": request.GET.get("next", ""), "proves": request.user.pk if proves else None}
    put(response, _COOKIE, content, seconds=_LASTS, path=reverse("single-sign-on"))
    return response


@login_not_required
@never_cache
def callback(request: HttpRequest) -> HttpResponse:
    """Take the reader back from the provider, with what it says of them."""
    _require_provider()
    begun, attempt = take(request, _COOKIE, seconds=_LASTS), Actor.of_nobody(request, "")
    try:
        claims = provider.finish(_return_address(request), begun, request.GET.dict())
        attempt = Actor.of_nobody(request, str(claims.get("email", "")))
        response = _prove(request, begun, claims) if begun["proves"] else _sign_in(request, attempt, begun, claims)
    except (*_ERRORS, RegistryError) as error:
        logger.warning("Single sign-on failed: %s", error)
        if request.user.is_authenticated and begun.get("proves"):
            audit.proof_denied(actor_of(request), "OpenID Connect")
        else:
            audit.sign_in_denied(attempt, "OpenID Connect", str(error))
        response = render(request, "accounts/sign_in_failed.html", status=403)
    forget(response, _COOKIE, path=reverse("single-sign-on"))
    return response


def _sign_in(request: HttpRequest, attempt: Actor, begun: dict[str, Any], claims: dict[str, Any]) -> HttpResponse:
    user = single_sign_on.user_of_claims(actor=attempt, claims=claims)
    return sign_in(request, user, "OpenID Connect", begun["next"])


def _prove(request: HttpRequest, begun: dict[str, Any], claims: dict[str, Any]) -> HttpResponse:
    """Note the proof of the user who is signed in here, if it was just they who signed in at the provider."""
    user = request.user
    if (
        not isinstance(user, User)
        or user.pk != begun["proves"]
        or user.sso_subject != single_sign_on.subject_of(claims)
    ):
        raise Distrusted("Someone else is signed in at the identity provider.")
    if time.time() - int(claims.get("auth_time") or 0) > _FRESH:
        raise Distrusted("The provider did not say that the sign-in is new (auth_time).")
    note_proof(request.session)
    return redirect(ours(request, begun["next"]) or resolve_url(settings.LOGIN_REDIRECT_URL))


def _return_address(request: HttpRequest) -> str:
    return request.build_absolute_uri(reverse("single-sign-on-callback"))


def _require_provider() -> None:
    if not settings.OIDC["issuer"]:
        raise Http404
