"""What an endpoint declares about itself: how its parameters are read, and what it answers.

Both OpenAPI and the requests that the tests invent are made from it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar

from rest_framework.serializers import Serializer

from registry.http.errors import ErrorEnvelope

Params = dict[str, Any]
"""Parameters of a request, validated by their serializer."""

Handler = TypeVar("Handler", bound=Callable[..., Any])


class Nothing(TypedDict):
    """An answer that says only that it is done."""


@dataclass(frozen=True)
class Contract:
    """What an endpoint reads and answers. ``method`` carries the types of the answer, and its description."""

    method: Callable[..., Any]
    asks: type[Serializer[Any]] | None = None
    status: int = 200
    takes_bytes: bool = False
    gives_bytes: bool = False
    gives_text: tuple[str, ...] = ()
    signed: bool = False
    error: type = ErrorEnvelope


def declares(**contract: Any) -> Callable[[Handler], Handler]:
    """Attach a contract to a method that reads its request and writes its response itself: one that moves bytes."""

    def decorate(method: Handler) -> Handler:
        method.contract = Contract(method, **contract)  # type: ignore[attr-defined]
        return method

    return decorate
