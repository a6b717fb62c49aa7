"""Paths on the wire: ``/Models/<catalog>/<schema>/<model>/<version>/<path>``."""

from __future__ import annotations

from dataclasses import dataclass

from registry.exceptions import FileDoesNotExist, InvalidParameterValue
from registry.names import FullName, version_number


@dataclass(frozen=True)
class ModelsPath:
    """``/Models/c/s/m/1/sub/file``: the part that names the version, as the caller spelled it, and the rest.

    Listings echo the caller's own spelling, because clients cut it off to get relative paths.
    """

    prefix: str
    full_name: FullName
    version: int
    path: str

    @classmethod
    def parse(cls, text: str) -> ModelsPath:
        parts = text.strip("/").split("/")
        if parts[0] != "Models" or len(parts) < 5:
            raise FileDoesNotExist(
                f"{text!r} is not a path of a model version: /Models/<catalog>/<schema>/<model>/<n>."
            )
        try:
            full_name = FullName.of(*parts[1:4])
            version = version_number(parts[4])
        except InvalidParameterValue as error:
            raise FileDoesNotExist(f"There is no directory {text!r}: {error.message}") from error
        return cls("/" + "/".join(parts[:5]), full_name, version, "/".join(parts[5:]))
