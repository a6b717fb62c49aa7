"""Request ids, sessions that have ended, and domain errors as pages."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.shortcuts import resolve_url
from django_htmx.http import HttpResponseClientRedirect

from explorer.serving.environ import AFTERWARDS
from explorer.views.errors import busy_or_full, come_again, error_page
from explorer.views.refusals import help_for
from explorer.wording import to_reader
from registry import audit
from registry import exceptions as domain
from registry.actor import Actor
from registry.conflicts import is_gone
from registry.http.errors import error_response

GetResponse = Callable[[HttpRequest], HttpResponseBase]

STATUS = {
    domain.DoesNotExist: 404,
    domain.PermissionDenied: 403,
    domain.AlreadyExists: 409,
    domain.InvalidState: 409,
    domain.QuotaExceeded: 409,
    domain.StorageFull: 507,
    domain.NoSuchUpload: 404,
    domain.InvalidParameterValue: 400,
    domain.TrackingUnavailable: 503,
    domain.StorageUnavailable: 503,
}


class CurrentAddressMiddleware:
    """Drop an address of htmx's that isn't one, or whose path isn't one by itself (``//[``)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        try:
            urlsplit(urlsplit(request.META.get("HTTP_HX_CURRENT_URL", "")).path)
        except ValueError:
            del request.META["HTTP_HX_CURRENT_URL"]
        return self.get_response(request)


class RequestIdMiddleware:
    """Give every request an id, for the audit log and the answer's headers."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        request.request_id = str(uuid.uuid4())  # type: ignore[attr-defined]
        response = self.get_response(request)
        response["X-Request-Id"] = request.request_id  # type: ignore[attr-defined]
        return response


class ClearTextMiddleware:
    """Refuse clients whose request came in the clear, where TLS is required: their token has been shown on its way.

    (Pages are redirected by Django: a browser has sent no cookie.)
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        is_for_clients = request.path.startswith(("/api/", "/v1/", "/oidc/"))
        if settings.SECURE_SSL_REDIRECT and is_for_clients and not request.is_secure():
            return error_response(
                403, "PERMISSION_DENIED", "Ask by https://. What came in the clear is a secret no more."
            )
        return self.get_response(request)


class NoStoreMiddleware:
    """Let no browser and no proxy keep an answer: it is what one person may see now, and may hold a secret.

    (Static files are answered before; what says for itself how long it may be kept is left alone.)
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response


class CompressedPagesMiddleware(GZipMiddleware):
    """Compress pages, with Django's own guard against guessing secrets by length. Files and answers of the API travel
    as they are: their lengths are announced beforehand.
    """

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        is_page = not response.streaming and response.get("Content-Type", "").startswith("text/html")
        return super().process_response(request, response) if is_page else response


class DenialsMiddleware:
    """Record what was refused: after the answer, when all that the request had begun is rolled back.

    Also, no one can then infer from the time an answer takes whether there was something to hide.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        close = response.close

        def close_and_record() -> None:
            actor: Actor | None = getattr(request, "_actor", None)
            if actor is not None:
                audit.take_denials(actor)
            if audit.has_pending():
                _afterwards(request, audit.write_pending)
            close()

        response.close = close_and_record  # type: ignore[method-assign]
        return response


def _afterwards(request: HttpRequest, work: Callable[[], None]) -> None:
    """Do ``work`` once the answer has been sent, if the server knows when that is; now, if not."""
    later: list[Callable[[], None]] | None = request.META.get(AFTERWARDS)
    if later is None:
        work()
    else:
        later.append(work)


class HtmxSignInMiddleware:
    """Send a page whose session has ended to the sign-in page, where htmx asked for a fragment of it.

    The fragment's redirect would put the sign-in page into the fragment's place.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        sign_in = resolve_url(settings.LOGIN_URL)
        if request.htmx and response.get("Location", "").startswith(f"{sign_in}?"):  # type: ignore[attr-defined]
            here = request.htmx.current_url_abs_path or ""  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': here})}")
        return response


class DomainErrorMiddleware:
    """Show a domain error that a page did not handle as a page of its own. (The API has its own table.)"""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if answer := busy_or_full(request, exception) or come_again(request, exception):
            return answer
        if isinstance(exception, ObjectDoesNotExist) or is_gone(exception):
            return error_page(request, 404, "The object was deleted in the meantime.")
        status = next((status for kind, status in STATUS.items() if isinstance(exception, kind)), None)
        if status is None or not isinstance(exception, domain.RegistryError):
            return None
        return error_page(request, status, to_reader(exception.message), help_for(request, exception))
