"""What every view of the API shares: the caller, JSON in and out, and the error envelope."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, wraps
from typing import Any, ClassVar

import orjson
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist, SuspiciousOperation
from django.db.models import QuerySet
from django.http import Http404
from rest_framework import exceptions as drf
from rest_framework.authentication import BaseAuthentication
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ListField, Serializer
from rest_framework.views import APIView

from accounts.authentication import BearerToken
from registry import exceptions as domain
from registry.actor import Actor
from registry.api.contracts import Contract, Nothing, Params
from registry.api.discovery import name_workspace
from registry.api.openapi import ContractSchema
from registry.api.refusals import note_refused_credential
from registry.conflicts import is_full, is_gone, is_passing
from registry.http.errors import ErrorEnvelope, envelope
from registry.http.paging import Row, clamp, page
from registry.models import Securable
from registry.privileges import SecurableType
from registry.services.artifacts import storage_use
from registry.services.shared import finders

__all__ = ["ApiView", "Nothing", "Params", "asks"]

logger = logging.getLogger(__name__)

ERRORS: dict[type[Exception], tuple[int, str]] = {
    domain.FileDoesNotExist: (404, "NOT_FOUND"),
    domain.PrincipalDoesNotExist: (404, "PRINCIPAL_DOES_NOT_EXIST"),
    domain.DoesNotExist: (404, "RESOURCE_DOES_NOT_EXIST"),
    domain.FileAlreadyExists: (409, "ALREADY_EXISTS"),
    domain.AlreadyExists: (400, "RESOURCE_ALREADY_EXISTS"),
    domain.PermissionDenied: (403, "PERMISSION_DENIED"),
    domain.QuotaExceeded: (400, "QUOTA_EXCEEDED"),
    domain.StorageFull: (507, "INSUFFICIENT_STORAGE"),
    domain.NoSuchUpload: (404, "NO_SUCH_UPLOAD"),
    domain.Damaged: (400, "DATA_LOSS"),
    domain.DirectoryNotEmpty: (400, "DIRECTORY_NOT_EMPTY"),
    domain.InvalidState: (400, "INVALID_STATE"),
    domain.TrackingUnavailable: (503, "TEMPORARILY_UNAVAILABLE"),
    domain.StorageUnavailable: (503, "TEMPORARILY_UNAVAILABLE"),
    domain.SlowBody: (408, "REQUEST_TIMEOUT"),
    domain.InvalidParameterValue: (400, "INVALID_PARAMETER_VALUE"),
    drf.NotAuthenticated: (401, "UNAUTHENTICATED"),
    drf.AuthenticationFailed: (401, "UNAUTHENTICATED"),
    drf.PermissionDenied: (403, "PERMISSION_DENIED"),
    drf.ValidationError: (400, "INVALID_PARAMETER_VALUE"),
    drf.ParseError: (400, "INVALID_PARAMETER_VALUE"),
    # A method that a path does not have counts as a missing path: clients retry a 405 for minutes.
    drf.MethodNotAllowed: (404, "ENDPOINT_NOT_FOUND"),
    # A row that disappeared between the check and the write.
    ObjectDoesNotExist: (404, "RESOURCE_DOES_NOT_EXIST"),
    SuspiciousOperation: (400, "INVALID_PARAMETER_VALUE"),
    Http404: (404, "ENDPOINT_NOT_FOUND"),
    # Nested deeper than anything that a client writes.
    RecursionError: (400, "INVALID_PARAMETER_VALUE"),
}
"""Error code and status on the wire; the first class that fits. Clients know no other statuses."""
_LONGEST_MESSAGE = 2_000
_ASKED_AGAIN = ("GET", "HEAD", "DELETE")
"""Methods that can be answered again when the first attempt failed halfway: they carry no bytes."""


def asks(
    serializer: type[Serializer[Any]] | None = None, *, status: int = 200
) -> Callable[[Callable[..., Any]], Callable[..., Response]]:
    """Make a method of an ApiView an endpoint: ``serializer`` reads its parameters, and it returns the answer's body.

    OpenAPI is made from the same two: the serializer, and the TypedDict that the method's annotation names.
    """

    def decorate(method: Callable[..., Any]) -> Callable[..., Response]:
        @wraps(method)
        def endpoint(view: ApiView, request: Request, **path: Any) -> Response:
            params = (view.parse(serializer),) if serializer else ()
            return Response(_as_page(method(view, *params, **path)), status=status)

        endpoint.contract = Contract(method, serializer, status)  # type: ignore[attr-defined]
        return endpoint

    return decorate


def _as_page(body: Any) -> Any:
    """Return ``body`` without an empty ``next_page_token``: some clients ask as long as the key is there."""
    if isinstance(body, dict) and body.get("next_page_token") == "":
        return {name: value for name, value in body.items() if name != "next_page_token"}
    return body


class JsonParser(BaseParser):
    """Read every body as a JSON object, whatever its Content-Type says, up to DATA_UPLOAD_MAX_MEMORY_SIZE."""

    media_type = "*/*"

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        body = stream.read(settings.DATA_UPLOAD_MAX_MEMORY_SIZE + 1)
        if len(body) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise drf.ParseError(f"The body is longer than {settings.DATA_UPLOAD_MAX_MEMORY_SIZE} bytes.")
        try:
            parsed = orjson.loads(body) if body.strip() else {}
        except orjson.JSONDecodeError as error:
            raise drf.ParseError(f"The body is not valid JSON: {error}.") from error
        if not isinstance(parsed, dict):
            raise drf.ParseError("The body is not a JSON object.")
        return parsed


class SignedRequest(BaseAuthentication):
    """Base of the classes that authenticate a request by a signature in its URL, not by a token."""


class JsonRenderer(BaseRenderer):
    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else orjson.dumps(data)


class AlwaysJson(BaseContentNegotiation):
    """There is one format: no Accept header leads to an error that no client knows."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class ApiView(APIView):
    """A view that asks for a bearer token, speaks JSON and answers errors in Databricks' envelope."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = (BearerToken,)
    permission_classes: tuple[type[BasePermission], ...] = (IsAuthenticated,)
    parser_classes = (JsonParser,)
    renderer_classes = (JsonRenderer,)
    content_negotiation_class = AlwaysJson
    schema = ContractSchema()
    http_method_names = ("get", "head", "post", "put", "patch", "delete")
    error_codes: ClassVar[dict[type[Exception], tuple[int, str]]] = ERRORS
    error_type: ClassVar[type] = ErrorEnvelope
    is_asked_again = False

    @property
    def actor(self) -> Actor:
        return self._actor

    @classmethod
    def contract_of(cls, method: str) -> Contract:
        """What the endpoint behind ``method`` (an HTTP method) declares."""
        contract: Contract = getattr(cls, method.lower()).contract
        signed = any(issubclass(how, SignedRequest) for how in cls.authentication_classes)
        return replace(contract, error=cls.error_type, signed=signed)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if any("\0" in str(value) for value in kwargs.values()):
            raise drf.ParseError("The address contains a NUL character.")
        self._actor = Actor.from_request(request)

    def parse(self, serializer_class: type[Serializer[Any]]) -> Params:
        """The validated parameters. Clients put the same ones into the query or the body, DELETE included."""
        query, lists = self.request.query_params, _lists_of(serializer_class)
        params = {name: query.getlist(name) if name in lists else query[name] for name in query}
        body: dict[str, Any] = self.request.data  # type: ignore[assignment]  # JsonParser makes nothing else
        serializer = serializer_class(data={**params, **body}, context={"view": self})
        serializer.is_valid(raise_exception=True)
        validated: Params = serializer.validated_data
        return validated

    def parse_query(self, serializer_class: type[Serializer[Any]]) -> Params:
        """The validated parameters of a request whose body is a file, and is read only by its service."""
        serializer = serializer_class(data=self.request.query_params, context={"view": self})
        serializer.is_valid(raise_exception=True)
        validated: Params = serializer.validated_data
        return validated

    def securable(self, securable_type: str, full_name: str) -> Securable:
        """What an address or a body names: a type, as any client spells it, and a full name."""
        kind = SecurableType.parse(securable_type)
        return finders.get_securable(actor=self.actor, securable_type=kind, full_name=full_name)

    def page(
        self, rows: QuerySet[Row], params: Params, *, keys: Sequence[str], default: int, most: int, about: str = ""
    ) -> tuple[list[Row], str]:
        """The page of ``rows`` that ``params`` (with the fields of ``PageFields``) wants, and the next one's token."""
        return page(
            rows,
            keys=keys,
            size=clamp(params.get("max_results"), default=default, most=most),
            token=params["page_token"],
            bound_to=f"{self.request.path} {about} for {self.actor.principal.pk}",
        )

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        finished = super().finalize_response(request, response, *args, **kwargs)
        name_workspace(finished)
        return finished

    def handle_exception(self, exc: Exception) -> Response:
        """Translate an error into the envelope; a defect of ours is logged and reported without internals."""
        note_refused_credential(self.request, exc)
        if is_passing(exc):  # clients ask again after a 503, for minutes
            logger.warning("%s %s: %s", self.request.method, self.request.path, exc)
            return self.error(503, "TEMPORARILY_UNAVAILABLE", "The database is busy.")
        if is_full(exc):
            logger.error("%s %s: %s", self.request.method, self.request.path, exc)
            exc = storage_use.give_room()
            if self.request.method in _ASKED_AGAIN and not self.is_asked_again:
                return self._ask_again()
        if is_gone(exc):
            exc = ObjectDoesNotExist()
        for kind, (status, code) in self.error_codes.items():
            if isinstance(exc, kind):
                return self.error(status, code, _message(exc))
        logger.exception("%s %s failed", self.request.method, self.request.path, exc_info=exc)
        return self.error(500, "INTERNAL_ERROR", "The server failed to answer. Its log says why.")

    def error(self, status: int, code: str, message: str) -> Response:
        """An error in the envelope, with the headers that its status needs."""
        headers = {"Retry-After": "1"} if status == 503 else {}
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        response = Response(envelope(code, message), status=status, headers=headers)
        response.exception = True
        return response

    def _ask_again(self) -> Response:
        """Answer again, now that there is some room: a download and a deletion are events, which need it."""
        self.is_asked_again = True
        try:
            answer: Response = getattr(self, str(self.request.method).lower())(self.request, *self.args, **self.kwargs)
        except Exception as error:  # noqa: BLE001 (the table of errors decides)
            return self.handle_exception(error)
        return answer


@cache
def _lists_of(serializer_class: type[Serializer[Any]]) -> frozenset[str]:
    """The parameters that may be repeated in a query."""
    fields = serializer_class().fields.items()
    return frozenset(name for name, field in fields if isinstance(field, ListField))


def _message(exc: Exception) -> str:
    """The sentence for the envelope; a client's long text is cut when repeated."""
    words = _words(exc)
    return words if len(words) <= _LONGEST_MESSAGE else f"{words[:_LONGEST_MESSAGE]}…"


def _words(exc: Exception) -> str:
    if isinstance(exc, domain.RegistryError):
        return exc.message
    if isinstance(exc, drf.MethodNotAllowed):
        return "No API found for this method and path."
    if isinstance(exc, drf.ValidationError):
        return " ".join(_flatten(exc.detail))
    if isinstance(exc, drf.APIException):
        return str(exc.detail)
    if isinstance(exc, ObjectDoesNotExist):
        return "The object was deleted in the meantime."
    return "The request is malformed."


def _flatten(detail: Any, where: str = "") -> list[str]:
    """One sentence for each error of a serializer, led by the field it is about."""
    if isinstance(detail, dict):
        nested = (_flatten(value, f"{where}.{key}" if where else str(key)) for key, value in detail.items())
        return [sentence for sentences in nested for sentence in sentences]
    if isinstance(detail, list):
        return [sentence for item in detail for sentence in _flatten(item, where)]
    return [f"{where}: {detail}" if where and where != "non_field_errors" else str(detail)]
