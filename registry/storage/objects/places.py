"""Where things are in a bucket: keys from locations."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from urllib.parse import urlsplit

from registry.exceptions import InvalidParameterValue
from registry.storage.paths import artifact_path

_LONGEST = 1024
"""Bytes of the longest key that every store takes."""


@dataclass(frozen=True)
class Place:
    """A location: what is stored below it, and beside it."""

    base: str
    """The key of the folder that it is in, with a slash at its end."""
    name: str

    @classmethod
    def of(cls, location: str) -> Place:
        """Read a location; one whose last part is not a uid is refused here."""
        folder, _, name = urlsplit(location).path.strip("/").rpartition("/")
        try:
            return cls(f"{folder}/", str(uuid.UUID(name)))
        except ValueError as error:
            raise InvalidParameterValue(f"{location!r} is not a location in an object store.") from error

    @property
    def prefix(self) -> str:
        return f"{self.base}{self.name}/"

    def key(self, path: str) -> str:
        """Return the key of a file; a path that leaves its location is refused here."""
        key = self.prefix + artifact_path(path)
        if len(key.encode()) > _LONGEST:
            raise InvalidParameterValue(f"{path[:100]!r}… is too long for an object store, together with its root.")
        return key

    def parts(self, name: str = "") -> str:
        """Return how the keys of an upload's parts begin; without a name, those of all uploads to here."""
        return f"{self.base}incoming/{self.name}." + (f"{uuid.UUID(name)}/" if name else "")
