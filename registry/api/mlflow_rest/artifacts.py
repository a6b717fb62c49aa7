"""Files for MLflow to read: by its artifact proxy, ``/api/2.0/mlflow-artifacts/artifacts/<uid of a version>/<path>``,
and by the two routes of Databricks' workspace registry (the registry URI ``databricks``)."""

from __future__ import annotations

from typing import Any, TypedDict
from uuid import UUID

from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request

from registry.api.base import ApiView, Params, asks
from registry.api.contracts import declares
from registry.api.fields import TextField
from registry.api.mlflow_messages import VersionName
from registry.api.registry_view import RegistryView
from registry.api.signing import signed_url
from registry.exceptions import FileDoesNotExist
from registry.http.transfer import file_response
from registry.models import ModelVersion
from registry.services.artifacts import transfer
from registry.services.artifacts.trees import VersionTree
from registry.services.hierarchy import model_versions


class ListArtifacts(serializers.Serializer[Any]):
    path = TextField(default="")


class FileInfo(TypedDict):
    path: str
    is_dir: bool
    file_size: int


class FileInfos(TypedDict):
    files: list[FileInfo]


class OfVersion(VersionName):
    path = TextField(default="")
    page_token = TextField(default="")  # of this route's lists, which aren't paged


class SignedDownloadUri(TypedDict):
    signed_uri: str
    headers: list[dict[str, str]]


class ListVersionArtifacts(RegistryView):
    takes_short_names = True

    @asks(OfVersion)
    def get(self, params: Params) -> FileInfos:
        """List a directory of a version; a file is listed as its only entry."""
        version = self.version(params["name"], params["version"])
        try:
            entries = transfer.list_artifacts(actor=self.actor, version=version, path=params["path"])
        except FileDoesNotExist:
            entries = [transfer.stat_artifact(actor=self.actor, version=version, path=params["path"])]
        return {"files": [{"path": e.path, "is_dir": e.is_directory, "file_size": e.size} for e in entries]}


class GetSignedDownloadUri(RegistryView):
    takes_short_names = True

    @asks(OfVersion)
    def get(self, params: Params) -> SignedDownloadUri:
        version = self.version(params["name"], params["version"])
        transfer.vend_url(actor=self.actor, version=version, path=params["path"], write=False)
        url = signed_url(self.request, "GET", "presigned-file", version.uid, path=params["path"])
        return {"signed_uri": url, "headers": []}


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
        """List a directory. A file, or a missing path, is an empty one, as MLflow's client expects."""
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
        return file_response(request, VersionTree(self.actor, version), inside)

    @declares(gives_bytes=True)
    def head(self, request: Request, path: str) -> HttpResponseBase:
        return self.get(request, path)
