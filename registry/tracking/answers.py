"""What the server of runs has answered, as it is on the wire."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, InvalidState, RegistryError

_ERRORS: dict[str, type[RegistryError]] = {
    "RESOURCE_ALREADY_EXISTS": AlreadyExists,
    "RESOURCE_DOES_NOT_EXIST": DoesNotExist,
    "INVALID_STATE": InvalidState,
}


@dataclass(frozen=True)
class Answer:
    """An answer, with its body as it came."""

    status: int
    body: bytes
    content_type: str = "application/json"

    def json(self) -> dict[str, Any]:
        try:
            content: dict[str, Any] = orjson.loads(self.body)
        except ValueError as error:  # what refuses an address that is too long does not speak JSON
            raise InvalidParameterValue("The request cannot be read, or is too long.") from error
        return content

    def told(self) -> dict[str, Any]:
        """Return what was answered, or raise the error that it reports."""
        content = self.json()
        if self.status == 200:
            return content
        kind = _ERRORS.get(content.get("error_code", ""), InvalidParameterValue)
        raise kind(str(content.get("message", "The request was refused.")))
