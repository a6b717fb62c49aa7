"""Errors as answers: a page for people, the JSON envelope for clients."""

from __future__ import annotations

import logging
import math
import sys

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from accounts.hashing import RETRY_AFTER, Busy
from accounts.throttle import TooManyAttempts
from explorer.actors import actor_of
from explorer.views.refusals import Help
from registry import audit
from registry.actor import Actor
from registry.conflicts import is_full, is_passing
from registry.denials import DenialKind
from registry.http.errors import error_response
from registry.services.artifacts import storage_use

logger = logging.getLogger(__name__)

CODES = {400: "INVALID_PARAMETER_VALUE", 403: "PERMISSION_DENIED", 404: "ENDPOINT_NOT_FOUND", 500: "INTERNAL_ERROR"}


def error_page(request: HttpRequest, status: int, message: str, more: Help | None = None) -> HttpResponse:
    """The page that reports an error, and ``more`` on what would help."""
    return render(request, "error.html", {"status": status, "message": message, "help": more}, status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "The request is malformed.")


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own refusals: those of the admin."""
    _note(request, DenialKind.NOT_STAFF, "openAdmin")
    return _answer(request, 403, "You can't do this.")


@login_not_required
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "This page doesn't exist.")


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without the frame of other pages, which asks the database for the session and the tree."""
    error = sys.exc_info()[1]  # of a middleware, where no view was asked yet
    if error is not None and (answer := busy_or_full(request, error)):
        return answer
    message = "The server failed to answer. Its log says why."
    if _is_api(request):
        return error_response(500, CODES[500], message)
    return render(None, "500.html", {"message": message}, status=500)


def busy_or_full(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """The answer to an error of a database that is busy, or has no room; None for any other error."""
    if is_full(error):
        logger.error("%s %s: %s", request.method, request.path, error)
        return _no_room(request, storage_use.give_room().message)
    if is_passing(error):
        logger.warning("%s %s: %s", request.method, request.path, error)
        return _busy(request)
    return None


def come_again(request: HttpRequest, error: BaseException) -> HttpResponse | None:
    """Return the answer to users who have guessed too often, or came when too many did; None for any other error."""
    if isinstance(error, TooManyAttempts):
        minutes = math.ceil(error.seconds / 60)
        message = f"Too many attempts. Wait {'a minute' if minutes == 1 else f'{minutes} minutes'}, and try again."
        status, seconds = 429, error.seconds
    elif isinstance(error, Busy):
        message = "Too many people are signing in at this moment. Try again in some seconds."
        status, seconds = 503, RETRY_AFTER
    else:
        return None
    response = error_page(request, status, message)
    response["Retry-After"] = str(seconds)
    return response


def _busy(request: HttpRequest) -> HttpResponse:
    """Answer that the database is busy: a page that is read asks again by itself, a form is sent again by the user who
    sent it. Nothing of the request has been kept."""
    if _is_api(request):
        return error_response(503, "TEMPORARILY_UNAVAILABLE", "The database is busy.")
    response = render(None, "busy.html", {"is_read": request.method in ("GET", "HEAD")}, status=503)
    response["Retry-After"] = "2"
    if request.method in ("GET", "HEAD"):
        response["Refresh"] = "2"
    return response


def _no_room(request: HttpRequest, message: str) -> HttpResponse:
    """Answer that the disk is full, without the frame of other pages: it may write a session."""
    if _is_api(request):
        return error_response(507, "INSUFFICIENT_STORAGE", message)
    return render(None, "500.html", {"message": message}, status=507)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    _note(request, DenialKind.FORGED_FORM, "sendForm", reason)
    return _answer(request, 403, "The form has expired. Go back, reload the page and try again.")


def _note(request: HttpRequest, kind: DenialKind, action_name: str, message: str = "") -> None:
    actor = actor_of(request) if request.user.is_authenticated else Actor.of_nobody(request, "")
    audit.refused(actor, kind, action_name, f"{request.method} {request.path}", message)


def _answer(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if _is_api(request):
        return error_response(status, CODES[status], message)
    return error_page(request, status, message)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/v1/", "/.well-known/"))
