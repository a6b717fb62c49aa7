"""OpenAPI, made from what every endpoint declares: the serializer of its request, and the TypedDict of its answer."""

from __future__ import annotations

import re
from types import NoneType, UnionType
from typing import Any, NotRequired, Union, get_args, get_origin, get_type_hints, is_typeddict

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent
from rest_framework.serializers import Serializer

from registry.api.contracts import Contract, Nothing
from registry.api.summaries import SUMMARIES
from registry.http.errors import ErrorEnvelope

_BYTES = {"type": "string", "format": "binary"}
_TEXT = {"type": "string", "format": "text"}
_PLAIN: dict[Any, dict[str, Any]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    float: {"type": "number"},
    bool: {"type": "boolean"},
    Any: {},
    NoneType: {"type": "null"},
}
_ALWAYS = ("500", "503")


class ContractSchema(AutoSchema):
    """Describes an endpoint of an ApiView by its contract."""

    @property
    def contract(self) -> Contract:
        contract: Contract = self.view.contract_of(self.method)  # type: ignore[attr-defined]
        return contract

    def get_operation_id(self) -> str:
        return "_".join([self.method.lower(), *re.findall(r"\w+", self.path.replace("/api/", ""))])

    def get_tags(self) -> list[str]:
        return [self.view.__module__.split(".")[2].replace("_", "-")]

    def get_summary(self) -> str:
        return SUMMARIES[self.path][self.method.lower()]

    def get_description(self) -> str:  # type: ignore[override]  # as in drf-spectacular
        return self.contract.method.__doc__ or type(self.view).__doc__ or f"{self.get_summary()}."

    def get_auth(self) -> list[dict[str, list[str]]]:
        return [{"token": []}] if self.view.permission_classes and not self.contract.signed else []

    def get_request_serializer(self) -> Any:
        return self.contract.asks if self._has_body else None

    def get_override_parameters(self) -> list[Any]:
        asks = self.contract.asks
        return [asks] if asks is not None and not self._has_body else []

    def get_response_serializers(self) -> Any:
        contract, errors = self.contract, self._error_codes()
        answers = {str(contract.status): self._answer(contract)}
        if contract.gives_bytes:
            answers["206"] = {"type": "string", "format": "binary"}
            answers["416"] = self._schema_of(ErrorEnvelope)
        return answers | {code: self._schema_of(contract.error) for code in errors}

    def get_serializer_name(self, serializer: Serializer[Any], direction: str) -> str:
        return _component_name(type(serializer))

    def _get_request_body(self, direction: str = "request") -> dict[str, Any] | None:
        if self.contract.takes_bytes:
            return {"content": {"application/octet-stream": {"schema": _BYTES}}}
        body: dict[str, Any] | None = super()._get_request_body(direction)  # type: ignore[no-untyped-call]
        return body

    def _get_response_for_code(
        self, serializer: Any, status_code: str, media_types: Any = None, direction: str = "response"
    ) -> Any:
        if serializer == _BYTES:
            media_types = ["application/octet-stream"]
        elif serializer == _TEXT:
            media_types = list(self.contract.gives_text)
        elif status_code >= "400" and self.contract.signed:
            media_types = ["application/json", "application/xml"]
        return super()._get_response_for_code(  # type: ignore[no-untyped-call]
            serializer, status_code, media_types, direction
        )

    @property
    def _has_body(self) -> bool:
        return self.method in ("POST", "PUT", "PATCH") and not self.contract.takes_bytes

    def _answer(self, contract: Contract) -> Any:
        if contract.gives_bytes:
            return _BYTES
        if contract.gives_text:
            return _TEXT
        if contract.takes_bytes:
            return self._schema_of(Nothing) if contract.status == 200 else None
        answer = get_type_hints(contract.method, include_extras=True)["return"]
        return None if answer is NoneType else self._schema_of(answer)

    def _error_codes(self) -> list[str]:
        """Every error status that an endpoint may answer with; 401 only where a token is required."""
        table = {str(status) for status, _ in self.view.error_codes.values()} | set(_ALWAYS)  # type: ignore[attr-defined]
        return sorted(table if self.get_auth() else table - {"401"})

    def _schema_of(self, hint: Any) -> dict[str, Any]:
        """JSON Schema of a type; TypedDicts become separate components."""
        origin, arguments = get_origin(hint), get_args(hint)
        if origin is NotRequired:
            return self._schema_of(arguments[0])
        if origin is list:
            return {"type": "array", "items": self._schema_of(arguments[0])}
        if origin is dict or hint is dict:
            return {"type": "object", "additionalProperties": True}
        if origin in (Union, UnionType):
            return {"anyOf": [self._schema_of(argument) for argument in arguments]}
        return self._component(hint) if is_typeddict(hint) else _PLAIN[hint]

    def _component(self, hint: Any) -> dict[str, Any]:
        component = ResolvedComponent(  # type: ignore[no-untyped-call]
            name=_component_name(hint), type=ResolvedComponent.SCHEMA, object=hint
        )
        if component not in self.registry:
            self.registry.register(component)
            fields = get_type_hints(hint, include_extras=True)
            component.schema = {
                "type": "object",
                "properties": {name: self._schema_of(field) for name, field in fields.items()},
                # Not ``__required_keys__``: it does not see NotRequired in annotations that are kept as text.
                "required": sorted(n for n, f in fields.items() if hint.__total__ and get_origin(f) is not NotRequired),
            }
        reference: dict[str, Any] = component.ref
        return reference


def _component_name(kind: type) -> str:
    """A class's name, led by its package: dialects use one name for different things."""
    package = kind.__module__.split(".")[2] if kind.__module__.startswith("registry.api.") else "shared"
    return f"{package}.{kind.__name__}"
