"""The files of runs as MLflow's clients ask for them over plain http: its artifact proxy, and its lists by id."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from registry import limits
from registry.api.fields import Items, TextField
from registry.api.mlflow_rest import artifacts as of_versions
from registry.api.signing import Session, signed_url
from registry.exceptions import FileDoesNotExist
from registry.http.transfer import announced_size, body_of, file_response
from registry.models import ArtifactRoot
from registry.storage.base import Entry
from registry.tracking import files
from registry.tracking.api import addresses
from registry.tracking.api.views import TrackingView
from registry.tracking.trees import RunTree


class InDirectory(serializers.Serializer[Any]):
    path = TextField(default="")


class OfRun(InDirectory):
    run_id = TextField(default="")
    run_uuid = TextField(default="")


class OfLoggedModel(serializers.Serializer[Any]):
    artifact_directory_path = TextField(default="")


class NewUpload(serializers.Serializer[Any]):
    path = serializers.CharField(trim_whitespace=False)
    num_parts = serializers.IntegerField(min_value=1, max_value=limits.UPLOAD_PARTS)


class Part(serializers.Serializer[Any]):
    part_number = serializers.IntegerField(min_value=1, max_value=limits.UPLOAD_PARTS)
    etag = TextField(default="")


class EndedUpload(serializers.Serializer[Any]):
    path = serializers.CharField(trim_whitespace=False)
    upload_id = serializers.CharField()
    parts = Items(Part(), default=list, max_length=limits.UPLOAD_PARTS)


class Listing(TrackingView):
    """List a directory of a run; a missing one is empty, as MLflow's client expects."""

    def listed(self, tree: RunTree, path: str, *, whole_paths: bool = True) -> list[dict[str, Any]]:
        try:
            entries = tree.list(path)
        except FileDoesNotExist:
            entries = []
        return [_file_info(entry, entry.path if whole_paths else entry.name) for entry in entries]

    def by_id(self, kind: ArtifactRoot.Kind, key: str, path: str) -> Response:
        tree = files.tree_of(self.actor, kind, key)
        root = addresses.of(tree, self.actor.user_agent)
        return Response({"root_uri": root, "files": self.listed(tree, path)})


class ListArtifacts(Listing):
    def get(self, request: Request) -> Response:
        params = self.parse(OfRun)
        return self.by_id(ArtifactRoot.Kind.RUN, params["run_id"] or params["run_uuid"], params["path"])


class ListLoggedModelArtifacts(Listing):
    def get(self, request: Request, model_id: str) -> Response:
        path = self.parse(OfLoggedModel)["artifact_directory_path"]
        return self.by_id(ArtifactRoot.Kind.MODEL, model_id, path)


class Artifacts(Listing):
    """List a directory by the proxy's path. A path that does not begin with an experiment is of a version."""

    has_otherwise = True

    def get(self, request: Request) -> HttpResponseBase:
        experiment, _, path = request.query_params.get("path", "").strip("/").partition("/")
        if not settings.KEEPS_RUNS or not experiment.isdecimal():
            return of_versions.Artifacts.as_view()(request._request)
        tree, inside = files.proxied(self.actor, experiment, path)
        return Response({"files": self.listed(tree, inside, whole_paths=False)})


class Artifact(TrackingView):
    """A file by the proxy's path; a directory goes with what is in it."""

    def get(self, request: Request, experiment: int, path: str) -> HttpResponseBase:
        tree, inside = files.proxied(self.actor, str(experiment), path)
        return file_response(request, tree, inside)

    head = get

    def put(self, request: Request, experiment: int, path: str) -> Response:
        tree, inside = files.proxied(self.actor, str(experiment), path)
        tree.write(inside, body_of(request._request), announced_size(request._request))
        return Response({})

    def delete(self, request: Request, experiment: int, path: str) -> Response:
        tree, inside = files.proxied(self.actor, str(experiment), path)
        tree.delete_all(inside.strip("/"))
        return Response({})


class PresignedDownload(TrackingView):
    def get(self, request: Request, experiment: int, path: str) -> Response:
        tree, inside = files.proxied(self.actor, str(experiment), path)
        tree.vend_url(inside, write=False)
        url = signed_url(request, "GET", "presigned-file", tree.uid, path=inside)
        return Response({"url": url, "headers": {}, "file_size": tree.find(inside).entry.size})


class UploadView(TrackingView):
    """An upload in parts, as MLflow's proxy has it: the directory in the address, the file's name in the body."""

    def place(self, experiment: int, path: str, name: str) -> tuple[RunTree, str]:
        tree, inside = files.proxied(self.actor, str(experiment), path)
        return tree, "/".join(filter(None, (inside, name.rpartition("/")[2])))

    def ended(self, experiment: int, path: str) -> tuple[RunTree, str, str, dict[str, Any]]:
        params = self.parse(EndedUpload)
        tree, where = self.place(experiment, path, params["path"])
        tree.require_uploadable(where)
        user = self.actor.principal.pk
        parts = Session.read(params["upload_id"], tree=str(tree.uid), path=where, user=user).parts
        return tree, where, parts, params


class CreateUpload(UploadView):
    def post(self, request: Request, experiment: int, path: str) -> Response:
        params = self.parse(NewUpload)
        tree, where = self.place(experiment, path, params["path"])
        parts = tree.begin_upload(where, overwrite=True)
        session = Session(str(tree.uid), where, self.actor.principal.pk, parts, overwrite=True)
        numbers = range(1, params["num_parts"] + 1)
        urls = [signed_url(request, "PUT", "presigned-part", tree.uid, parts=parts, number=n) for n in numbers]
        credentials = [{"url": url, "part_number": n, "headers": {}} for n, url in zip(numbers, urls, strict=True)]
        return Response({"upload_id": session.sign(), "credentials": credentials})


class CompleteUpload(UploadView):
    def post(self, request: Request, experiment: int, path: str) -> Response:
        tree, where, parts, params = self.ended(experiment, path)
        etags = {part["part_number"]: part["etag"].strip('"') for part in params["parts"]}
        tree.complete_upload(where, parts, etags, overwrite=True)
        return Response({})


class AbortUpload(UploadView):
    def post(self, request: Request, experiment: int, path: str) -> Response:
        tree, _, parts, _ = self.ended(experiment, path)
        tree.abort_upload(parts)
        return Response({})


def _file_info(entry: Entry, path: str) -> dict[str, Any]:
    size = {} if entry.is_directory else {"file_size": entry.size}
    return {"path": path, "is_dir": entry.is_directory, **size}
