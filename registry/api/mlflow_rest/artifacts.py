"""MLflow's artifact proxy, ``/api/2.0/mlflow-artifacts/artifacts/…``, to read by: ``<uid of a version>/<path>``."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.base import ApiView, Params, asks
from registry.api.contracts import declares
from registry.api.fields import TextField
from registry.exceptions import FileDoesNotExist
from registry.http.transfer import file_response
from registry.models import ModelVersion
from registry.services.artifacts import transfer
from registry.services.hierarchy import model_versions


class ListArtifacts(serializers.Serializer[Any]):
    path = TextField(default="")


class FileInfo(TypedDict):
    path: str
    is_dir: bool
    file_size: int


class FileInfos(TypedDict):
    files: list[FileInfo]


class ArtifactsView(ApiView):
    def place(self, path: str) -> tuple[ModelVersion, str]:
        """The version that the first part of ``path`` names, and the path in it."""
        uid, _, inside = path.strip("/").partition("/")
        try:
            key = UUID(uid)
        except ValueError as error:
            raise FileDoesNotExist(f"There is no directory {path!r}.") from error
        return model_versions.get_model_version_by_uid(actor=self.actor, uid=key), inside


class Artifacts(ArtifactsView):
    @asks(ListArtifacts)
    def get(self, params: Params) -> FileInfos:
        """A directory. What is a file, or not there, is an empty one, as MLflow's client expects."""
        version, path = self.place(params["path"])
        try:
            entries = transfer.list_artifacts(actor=self.actor, version=version, path=path)
        except FileDoesNotExist:
            entries = []
        return {"files": [{"path": e.name, "is_dir": e.is_directory, "file_size": e.size} for e in entries]}


class Artifact(ArtifactsView):
    @declares(gives_bytes=True)
    def get(self, request: Request, path: str) -> HttpResponseBase:
        version, inside = self.place(path)
        return file_response(request, self.actor, version, inside)

    @declares(gives_bytes=True)
    def head(self, request: Request, path: str) -> HttpResponseBase:
        return self.get(request, path)
