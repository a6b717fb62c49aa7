"""Errors of Django itself: a page for people, the JSON envelope for clients."""

from __future__ import annotations

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from registry.api.base import error_response


@login_not_required
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, "INVALID_PARAMETER_VALUE", "The request is malformed.")


@login_not_required
def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, "PERMISSION_DENIED", "You may not do this.")


@login_not_required
def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, "ENDPOINT_NOT_FOUND", "There is no such page.")


@login_not_required
def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(request, 500, "INTERNAL_ERROR", "The server failed to answer; its log tells why.")


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return _answer(request, 403, "PERMISSION_DENIED", "The form has expired. Go back, reload the page and try again.")


def _answer(request: HttpRequest, status: int, code: str, message: str) -> HttpResponse:
    if request.path.startswith(("/api/", "/.well-known/")):
        return error_response(status, code, message)
    return render(request, "error.html", {"status": status, "message": message}, status=status)
