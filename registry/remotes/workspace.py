"""Databricks' workspace registry: MLflow's messages, with two routes of its own for files.

(The client's side is MLflow's ``databricks_models_artifact_repo.py``.)
"""

from __future__ import annotations

from collections.abc import Iterator

from registry import limits
from registry.remotes.mlflow import MLFLOW, MOST_DIRECTORIES, MlflowServer, in_order, strange_listing
from registry.remotes.records import RemoteFile, RemoteVersion, items, number, text


class WorkspaceRegistry(MlflowServer):
    """The registry behind the registry URI ``databricks``."""

    def files(self, name: str, version: RemoteVersion) -> list[RemoteFile]:
        return in_order(self._listed(name, version))

    def read(self, name: str, version: RemoteVersion, path: str) -> Iterator[bytes]:
        where = f"{MLFLOW}/model-versions/get-signed-download-uri"
        told = self.connection.json(where, name=name, version=version.number, path=path)
        headers = {text(header, "name"): text(header, "value") for header in items(told, "headers")}
        return self.connection.stream(text(told, "signed_uri"), headers)

    def _listed(self, name: str, version: RemoteVersion) -> Iterator[RemoteFile]:
        where, waiting, seen = f"{MLFLOW}/model-versions/list-artifacts", [""], 0
        while waiting:
            path, seen = waiting.pop(), seen + 1
            for item in self.connection.pages(where, "files", name=name, version=version.number, path=path):
                inside = text(item, "path")
                is_within = inside.startswith(f"{path}/" if path else "") and inside != path
                if not is_within or seen > MOST_DIRECTORIES or len(inside) > limits.ARTIFACT_PATH_LENGTH:
                    raise strange_listing(self.connection)
                if item.get("is_dir"):
                    waiting.append(inside)
                else:
                    yield RemoteFile(inside, number(item, "file_size"))
