"""What every way to sign in ends with, and the cookies that represent someone who is on the way."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from django.conf import settings
from django.contrib.auth import login
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils.http import url_has_allowed_host_and_scheme

from accounts.models import User
from accounts.sessions import note_sign_in
from explorer.actors import actor_of
from registry import audit

_BACKEND = "django.contrib.auth.backends.ModelBackend"
_KNOWN = "known_browser"
_KNOWN_FOR = 180 * 24 * 3600


def sign_in(request: HttpRequest, user: User, method: str, target: str) -> HttpResponse:
    """Begin the session of ``user``, and lead to ``target``, if that is a page of ours."""
    login(request, user, backend=_BACKEND)
    request.user = user
    actor = actor_of(request)
    note_sign_in(request.session, address=actor.address, user_agent=actor.user_agent, method=method)
    audit.signed_in(actor, method)
    response = redirect(ours(request, target) or resolve_url(settings.LOGIN_REDIRECT_URL))
    known = {"user": user.pk, "browser": known_browser(request, user) or str(uuid4())}
    put(response, _KNOWN, known, seconds=_KNOWN_FOR, path=resolve_url(settings.LOGIN_URL))
    return response


def known_browser(request: HttpRequest, user: User | None) -> str:
    """Return the id of this browser, if ``user`` has signed in with it before."""
    known = take(request, _KNOWN, seconds=_KNOWN_FOR)
    return str(known["browser"]) if user is not None and known.get("user") == user.pk else ""


def ours(request: HttpRequest, target: str) -> str:
    """Return ``target``, if it leads to a page of this server; nothing otherwise."""
    is_ours = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if is_ours else ""


def put(response: HttpResponse, name: str, content: dict[str, Any], *, seconds: int, path: str) -> None:
    """Have the browser keep ``content``, which it can read, and not change."""
    response.set_cookie(
        _named(name), signing.dumps(content, salt=name), max_age=seconds, path=path,
        secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax",
    )  # fmt: skip


def forget(response: HttpResponse, name: str, *, path: str) -> None:
    """Have the browser forget what ``put`` has put there."""
    response.delete_cookie(_named(name), path=path)


def _named(name: str) -> str:
    """The cookie's name: with that prefix browsers take it only by TLS."""
    return f"__Secure-{name}" if settings.SECURE_COOKIES else name


def take(request: HttpRequest, name: str, *, seconds: int) -> dict[str, Any]:
    """Return what ``put`` has put there, less than ``seconds`` ago; nothing otherwise."""
    try:
        content = signing.loads(request.COOKIES.get(_named(name), ""), salt=name, max_age=seconds)
    except signing.BadSignature:
        return {}
    return content if isinstance(content, dict) else {}
