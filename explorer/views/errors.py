"""Errors as answers: a page for people, the JSON envelope for clients."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer.views.refusals import Help
from registry.api.base import error_response

CODES = {400: "INVALID_PARAMETER_VALUE", 403: "PERMISSION_DENIED", 404: "ENDPOINT_NOT_FOUND", 500: "INTERNAL_ERROR"}


def error_page(request: HttpRequest, status: int, message: str, more: Help | None = None) -> HttpResponse:
    """The page that tells of an error, and ``more`` on what would help."""
    return render(request, "error.html", {"status": status, "message": message, "help": more}, status=status)


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "The request is malformed.")


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "You may not do this.")


@login_not_required
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "There is no such page.")


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    """Answer without the frame of other pages, which asks the database for the session and the tree."""
    message = "The server failed to answer; its log tells why."
    if _is_api(request):
        return error_response(500, CODES[500], message)
    return render(None, "500.html", {"message": message}, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "The form has expired. Go back, reload the page and try again.")


def _answer(request: HttpRequest, status: int, message: str) -> HttpResponse:
    if _is_api(request):
        return error_response(status, CODES[status], message)
    return error_page(request, status, message)


def _is_api(request: HttpRequest) -> bool:
    return request.path.startswith(("/api/", "/.well-known/"))
