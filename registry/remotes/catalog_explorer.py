"""Another Catalog Explorer: MLflow's messages with full names, Unity Catalog's for owners and grants, and our own
list of files with their SHA-256."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from registry.remotes.connection import quoted
from registry.remotes.mlflow import MlflowServer, in_order
from registry.remotes.records import RemoteContainer, RemoteFile, RemoteGrants, RemoteVersion, items, number, text

_UC = "api/2.1/unity-catalog"


class CatalogExplorer(MlflowServer):
    has_namespaces = True

    def files(self, name: str, version: RemoteVersion) -> list[RemoteFile]:
        listed = self.connection.pages(f"{_UC}/models/{quoted(name)}/versions/{version.number}/files", "files")
        files = (RemoteFile(text(item, "path"), number(item, "size"), text(item, "sha256")) for item in listed)
        return in_order(files)

    def read(self, name: str, version: RemoteVersion, path: str) -> Iterator[bytes]:
        place = "/".join(name.split("."))
        return self.connection.stream(f"api/2.0/fs/files/Models/{quoted(f'{place}/{version.number}/{path}')}")

    def grants(self, name: str) -> RemoteGrants:
        return self._grants("function", "models", name)

    def container(self, name: str) -> RemoteContainer:
        kind = "schema" if "." in name else "catalog"
        told = self.connection.json(f"{_UC}/{kind}s/{quoted(name)}")
        return RemoteContainer(text(told, "comment"), self._grants(kind, f"{kind}s", name))

    def _grants(self, kind: str, collection: str, name: str) -> RemoteGrants:
        owner = text(self.connection.json(f"{_UC}/{collection}/{quoted(name)}"), "owner")
        told = self.connection.json(f"{_UC}/permissions/{kind}/{quoted(name)}")
        privileges = {
            text(item, "principal"): _texts(item, "privileges") for item in items(told, "privilege_assignments")
        }
        return RemoteGrants(owner, privileges)


def _texts(item: Mapping[str, Any], key: str) -> tuple[str, ...]:
    value = item.get(key)
    return tuple(each[:100] for each in value if isinstance(each, str)) if isinstance(value, list) else ()
