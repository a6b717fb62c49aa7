"""What a session must satisfy before a page is shown: it lives, its password is its user's own, and where it matters
its user has proved lately who they are.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse

from accounts.sessions import has_ended, is_by_password, is_proved, note_use
from explorer.actors import actor_of
from explorer.views.proof import ask_for_proof, go_to
from registry import audit

GetResponse = Callable[[HttpRequest], HttpResponseBase]

_OPEN_TO_ALL = frozenset({"change-password", "logout"})
"""Pages for users who still have a password that someone else has set."""


class Middleware:
    """Calls ``process_view`` and does nothing else."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)


class SessionLifeMiddleware(Middleware):
    """End a session that no one has used for long, or that has lasted for long: requests with it are anonymous."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> None:
        if not _is_in_session(request, view):
            return
        session: Any = request.session
        if has_ended(session, idle=settings.SESSION_IDLE, longest=settings.SESSION_LASTS):
            audit.sessions_ended(actor_of(request), 1)
            del request._actor  # type: ignore[attr-defined]  # from now on the caller is someone else
            logout(request)
        else:
            note_use(session, idle=settings.SESSION_IDLE)


class OwnPasswordMiddleware(Middleware):
    """Lead users who have signed in with a password that someone else has set to the page that changes it."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = request.resolver_match.url_name if request.resolver_match else None
        if name in _OPEN_TO_ALL or not _is_in_session(request, view) or not _must_change_password(request):
            return None
        return go_to(request, reverse("change-password"))


class ProofMiddleware(Middleware):
    """Ask for a proof that is not old in the Django admin, and where a view ``needs_proof``."""

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        match = request.resolver_match
        is_guarded = getattr(view, "needs_proof", False) or (match is not None and match.app_name == "admin")
        if not is_guarded or not _is_in_session(request, view) or is_proved(request.session, settings.PROOF_LASTS):
            return None
        return ask_for_proof(request)


def _must_change_password(request: HttpRequest) -> bool:
    user: Any = request.user
    return user.must_change_password and user.has_usable_password() and is_by_password(request.session)


def _is_in_session(request: HttpRequest, view: Any) -> bool:
    """Whether the page is for someone who is signed in, and someone is. (Clients of the API have no session.)"""
    return bool(getattr(view, "login_required", True) and request.user.is_authenticated)
