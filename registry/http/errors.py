"""The envelope of errors, as every client of Databricks reads it."""

from __future__ import annotations

from typing import Any, TypedDict

from django.http import HttpRequest, JsonResponse


class ErrorEnvelope(TypedDict):
    """An error, as Databricks writes it."""

    error_code: str
    message: str
    details: list[Any]


def envelope(code: str, message: str) -> ErrorEnvelope:
    """Return the body of an error."""
    return {"error_code": code, "message": message, "details": []}


def error_response(status: int, code: str, message: str) -> JsonResponse:
    """Return the envelope outside of a view of the API: for unknown paths, and for errors of Django itself."""
    return JsonResponse(envelope(code, message), status=status)


def endpoint_not_found(request: HttpRequest, *args: Any, **kwargs: Any) -> JsonResponse:
    """Answer a path that the API does not have."""
    return error_response(404, "ENDPOINT_NOT_FOUND", f"No API found for '{request.method} {request.path}'.")
