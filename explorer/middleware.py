"""Request ids, and domain errors as pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from registry import exceptions as domain

GetResponse = Callable[[HttpRequest], HttpResponseBase]

STATUS = {
    domain.DoesNotExist: 404,
    domain.PermissionDenied: 403,
    domain.AlreadyExists: 409,
    domain.InvalidState: 409,
    domain.QuotaExceeded: 409,
    domain.InvalidParameterValue: 400,
}


class RequestIdMiddleware:
    """Give every request an id, for the audit log and the answer's headers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class DomainErrorMiddleware:
    """Show a domain error that a page did not handle as a page of its own. (The API has its own table.)"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        status = next((status for kind, status in STATUS.items() if isinstance(exception, kind)), None)
        if status is None or not isinstance(exception, domain.RegistryError):
            return None
        return render(request, f"{status}.html" if status in (403, 404) else "error.html",
                      {"message": exception.message, "status": status}, status=status)  # fmt: skip
