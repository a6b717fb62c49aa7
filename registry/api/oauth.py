"""OAuth for machines (RFC 6749, client credentials): a service principal's id and secret for an access token."""

from __future__ import annotations

import base64
import binascii

from django.http import HttpRequest, JsonResponse
from django.urls import reverse

from accounts import throttle
from accounts.models import OAuthSecret, Scope
from registry import audit
from registry.actor import Actor, client_address
from registry.api.identities import scope_of
from registry.audit.actions import Action
from registry.denials import DenialKind

_LONGEST = 4096
"""Bytes of a request for a token."""


def metadata(request: HttpRequest) -> JsonResponse:
    """Where the endpoints are (RFC 8414). People do not sign in to clients this way, so the first one isn't served."""
    root = request.build_absolute_uri("/oidc")
    return JsonResponse(
        {
            "issuer": root,
            "authorization_endpoint": f"{root}/v1/authorize",
            "token_endpoint": request.build_absolute_uri(reverse("oauth-token")),
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )


def token(request: HttpRequest) -> JsonResponse:
    """Exchange a client's id and secret, in the header or in the form, for an access token valid for an hour."""
    if int(request.META.get("CONTENT_LENGTH") or 0) > _LONGEST:
        return _refused(request, "", 400, "invalid_request", "The request is too long.")
    if request.POST.get("grant_type") != "client_credentials":
        return _refused(request, "", 400, "unsupported_grant_type", "The only grant type is client_credentials.")
    client_id, secret = _from_header(request) or (
        request.POST.get("client_id", ""),
        request.POST.get("client_secret", ""),
    )
    try:
        client_secret = _find(request, client_id, secret)
    except throttle.TooManyAttempts as error:
        refusal = _error(429, "temporarily_unavailable", "Too many attempts with a wrong secret.")
        refusal["Retry-After"] = str(error.seconds)
        return refusal
    if client_secret is None:
        return _error(401, "invalid_client", "The client id or its secret is not valid.")
    scopes = request.POST.get("scope", "").split() or ["all-apis"]
    if unknown := set(scopes) - {"all-apis", *Scope.values}:
        return _refused(request, client_id, 400, "invalid_scope", f"There is no scope {min(unknown)[:50]!r}.")
    scope = scope_of(scopes)
    audit.signed_in(Actor.of_nobody(request, client_secret.user.user_name), "OAuth")
    answer = {
        "access_token": client_secret.access_token(scope),
        "token_type": "Bearer",
        "expires_in": int(OAuthSecret.ACCESS_TOKEN_LIFETIME.total_seconds()),
        "scope": "all-apis" if scope == Scope.ADMIN else scope.value,
    }
    return JsonResponse(answer, headers={"Cache-Control": "no-store"})


def _find(request: HttpRequest, client_id: str, secret: str) -> OAuthSecret | None:
    """The secret, if it is one; any other one is a denied event, and counts."""
    client = client_id.replace("\0", "").strip().lower()[:255]
    attempt = throttle.client_secret(client=client, address=client_address(request))
    try:
        attempt.begin()
        client_secret = OAuthSecret.find(client_id, secret) if "\0" not in client_id else None
    except throttle.TooManyAttempts:
        audit.sign_in_denied(Actor.of_nobody(request, client_id), "OAuth", kind=DenialKind.LOCKED_OUT)
        raise
    if client_secret is None:
        audit.sign_in_denied(Actor.of_nobody(request, client_id), "OAuth")
    else:
        attempt.give_back()
    return client_secret


def _from_header(request: HttpRequest) -> tuple[str, str] | None:
    scheme, _, encoded = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        client_id, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    return client_id, secret


def _refused(request: HttpRequest, client_id: str, status: int, error: str, description: str) -> JsonResponse:
    """The answer to a request for something that isn't granted, which is noted."""
    nobody = Actor.of_nobody(request, client_id)
    audit.refused(nobody, DenialKind.OAUTH_REQUEST, Action.LOGIN, client_id, description, method="OAuth")
    return _error(status, error, description)


def _error(status: int, error: str, description: str) -> JsonResponse:
    return JsonResponse({"error": error, "error_description": description}, status=status)
