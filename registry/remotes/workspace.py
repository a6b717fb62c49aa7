"""Databricks' workspace registry: MLflow's messages, with two routes of its own for files.

(The client's side is MLflow's ``databricks_models_artifact_repo.py``.)
"""

from __future__ import annotations

from collections.abc import Iterator

from registry.exceptions import InvalidState
from registry.remotes.mlflow import DEEPEST, MLFLOW, MlflowServer, in_order
from registry.remotes.records import RemoteFile, RemoteVersion, number, text


class WorkspaceRegistry(MlflowServer):
    """The registry behind the registry URI ``databricks``."""

    def files(self, name: str, version: RemoteVersion) -> list[RemoteFile]:
        return in_order(self._listed(name, version, ""))

    def read(self, name: str, version: RemoteVersion, path: str) -> Iterator[bytes]:
        where = f"{MLFLOW}/model-versions/get-signed-download-uri"
        told = self.connection.json(where, name=name, version=version.number, path=path)
        given = (header for header in told.get("headers") or () if isinstance(header, dict))
        headers = {text(header, "name"): text(header, "value") for header in given}
        return self.connection.stream(text(told, "signed_uri"), headers)

    def _listed(self, name: str, version: RemoteVersion, path: str, depth: int = 0) -> Iterator[RemoteFile]:
        if depth > DEEPEST:
            raise InvalidState(f"{self.connection.address} tells of directories within directories without an end.")
        where = f"{MLFLOW}/model-versions/list-artifacts"
        items = self.connection.pages(where, "files", name=name, version=version.number, path=path)
        for item in items:
            inner = text(item, "path")
            if not inner.startswith(f"{path}/" if path else "") or inner == path:
                raise InvalidState(f"{self.connection.address} lists files as such a server does not.")
            if item.get("is_dir"):
                yield from self._listed(name, version, inner, depth + 1)
            else:
                yield RemoteFile(inner, number(item, "file_size"))
