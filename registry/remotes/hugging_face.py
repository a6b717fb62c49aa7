"""Repositories of the Hugging Face Hub, and of servers that answer as it does.

(The client's side is huggingface_hub 2.4: a revision, its tree, and the files that it resolves to.)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from registry.exceptions import InvalidParameterValue, InvalidState
from registry.remotes.connection import Connection, Credential, quoted
from registry.remotes.mlflow import in_order
from registry.remotes.records import RemoteFile, inner, number, text

_ADDRESS = re.compile(
    r"(https?://[^/?#\s]+)/([A-Za-z0-9][\w.-]{0,95}/[A-Za-z0-9][\w.-]{0,95})(?:/tree/([\w./-]{1,200}))?", re.ASCII
)
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Repository:
    """A repository of models at a revision: a branch, a tag, or a commit, which never changes."""

    server: str
    name: str
    revision: str = "main"

    @classmethod
    def at(cls, address: str) -> Repository:
        """Read an address as people copy it from their browser; InvalidParameterValue unless it is one."""
        found = _ADDRESS.fullmatch(address.strip().rstrip("/"))
        steps = (found[3] or "main").split("/") if found else []
        if found is None or not all(steps) or {".", ".."} & {*steps, *found[2].split("/")}:
            raise InvalidParameterValue(
                f"{address[:200]!r} is not the address of a repository, such as https://huggingface.co/google/vit-base."
            )
        return cls(found[1], found[2], found[3] or "main")

    @property
    def address(self) -> str:
        return f"{self.server}/{self.name}/tree/{self.revision}"

    def pinned(self) -> Repository:
        """Return it at the commit that its revision is now."""
        if _COMMIT.fullmatch(self.revision):
            return self
        told = self._connection().json(f"api/models/{self.name}/revision/{self.revision.replace('/', '%2F')}")
        commit = text(told, "sha")
        if not _COMMIT.fullmatch(commit):
            raise InvalidState(f"{self.server} tells of no commit of {self.name}.")
        return replace(self, revision=commit)

    def files(self) -> list[RemoteFile]:
        """Return its files, by path; the SHA-256 of large ones is known there."""
        listed = self._connection().linked(f"api/models/{self.name}/tree/{self.revision}", recursive="true")
        return in_order(
            RemoteFile(text(item, "path"), number(item, "size"), text(inner(item, "lfs"), "oid"))
            for item in listed
            if item.get("type") == "file"
        )

    def read(self, path: str) -> Iterator[bytes]:
        """Return the bytes of a file, in pieces; DoesNotExist, at once, if it is gone."""
        return self._connection().stream(f"{self.name}/resolve/{self.revision}/{quoted(path)}")

    def _connection(self) -> Connection:
        return Connection(self.server, Credential(), is_trusted=False)
