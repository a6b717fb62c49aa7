"""What the views of ``/api/2.1/unity-catalog`` share: the caller's dialect, and reading everything that is sent."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar, cast

from rest_framework.response import Response
from rest_framework.serializers import Serializer

from registry.api.base import ApiView
from registry.api.unity_catalog import dialect
from registry.api.unity_catalog.dialect import Dialect
from registry.exceptions import InvalidParameterValue

_OF_THE_CHANGE = {"updated_at", "updated_by"}
"""What clients send back as they have read it, and each change sets again."""


class DialectView(ApiView):
    exists: ClassVar[tuple[int, str]] = (409, "ALREADY_EXISTS")
    """Status and code for a name that is taken, as the open-source server has them for this kind."""

    @property
    def dialect(self) -> Dialect:
        return dialect.of(self.request)

    def error(self, status: int, code: str, message: str) -> Response:
        """An error in the codes, and with the details, that the client knows."""
        spoken = self.dialect
        if code == "RESOURCE_ALREADY_EXISTS" and spoken.knows_what_exists:
            status, code = self.exists
        response = super().error(status, spoken.codes.get(code, code), message)
        if spoken.explains_errors:
            reason = response.data["error_code"]
            response.data["details"] = [{"@type": "google.rpc.ErrorInfo", "reason": reason}]
        return response

    def read_all(self, asked: type[Serializer[Any]], as_it_is: Callable[[], Mapping[str, Any]] | None = None) -> None:
        """Refuse, by name, what the body says besides the fields of ``asked``: nothing is accepted and dropped.

        What is empty says nothing; what repeats the address, or the object ``as_it_is``, changes nothing.
        """
        fields, body = asked().fields, cast(dict[str, Any], self.request.data)  # JsonParser makes nothing else
        beside = {name: value for name, value in body.items() if value and name not in fields}
        if as_it_is is not None:
            beside = {name: value for name, value in beside.items() if name not in _OF_THE_CHANGE}
        known = {**self.kwargs, **(as_it_is() if as_it_is is not None else {})} if beside else {}
        for name, value in beside.items():
            if str(known.get(name)).lower() != str(value).lower():
                raise InvalidParameterValue(f"{name} cannot be set to this here.")
