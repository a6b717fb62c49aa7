"""Artifact bytes: signed URLs for one file each, and the directory listings that clients download by.

Paths on the wire are ``/Models/<catalog>/<schema>/<model>/<version>/<path>``. Listings echo the caller's own
spelling of the name, because clients cut it off to get relative paths.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import http_date
from rest_framework import serializers
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import User
from registry.api.base import ApiView, error_response
from registry.api.files.ranges import UnsatisfiableRange, read_range
from registry.api.files.signing import Claim, principal_of
from registry.exceptions import FileDoesNotExist, InvalidParameterValue
from registry.models import ModelVersion
from registry.names import FullName
from registry.services import artifacts, model_versions, registered_models

_CHUNK = 1024 * 1024


@dataclass(frozen=True)
class ModelsPath:
    """``/Models/c/s/m/1/sub/file``: the part that names the version, as the caller spelled it, and the rest."""

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
            version = model_versions.parse_version(parts[4])
        except InvalidParameterValue as error:
            raise FileDoesNotExist(f"There is no directory {text!r}: {error.message}") from error
        return cls("/" + "/".join(parts[:5]), full_name, version, "/".join(parts[5:]))


class PathParameters(serializers.Serializer[Any]):
    path = serializers.CharField(trim_whitespace=False)


class FilesView(ApiView):
    def version(self, where: ModelsPath) -> ModelVersion:
        model = registered_models.get_registered_model(actor=self.actor, full_name=where.full_name)
        return model_versions.get_model_version(actor=self.actor, model=model, version=where.version)

    def signed_url(self, request: Request, method: str, version: ModelVersion, path: str) -> Response:
        """Answer with an absolute URL, because clients do not resolve a relative one."""
        signature = Claim(method, str(version.uid), path, self.actor.principal.pk).sign()
        route = reverse("presigned-file", kwargs={"uid": version.uid, "path": path})
        url = request.build_absolute_uri(f"{route}?signature={quote(signature)}")
        return Response({"url": url, "headers": []})


class CreateUploadUrl(FilesView):
    def post(self, request: Request) -> Response:
        where = ModelsPath.parse(self.parse(PathParameters)["path"])
        version = self.version(where)
        artifacts.require_uploadable(actor=self.actor, version=version, path=where.path)
        return self.signed_url(request, "PUT", version, where.path)


class CreateDownloadUrl(FilesView):
    def post(self, request: Request) -> Response:
        where = ModelsPath.parse(self.parse(PathParameters)["path"])
        version = self.version(where)
        if artifacts.stat_artifact(actor=self.actor, version=version, path=where.path).is_directory:
            raise FileDoesNotExist(f"{where.path!r} is a directory.")
        return self.signed_url(request, "GET", version, where.path)


class Directory(FilesView):
    def get(self, request: Request, path: str) -> Response:
        where = ModelsPath.parse(path)
        entries = artifacts.list_artifacts(actor=self.actor, version=self.version(where), path=where.path)
        contents = [
            {
                "path": f"{where.prefix}/{entry.path}",
                "name": entry.name,
                "is_directory": entry.is_directory,
                "file_size": entry.size,
                "last_modified": int(entry.modified_at.timestamp() * 1000),
            }
            for entry in entries
        ]
        return Response({"contents": contents, "next_page_token": ""})


class SignedUrl(BaseAuthentication):
    """The request is made for whom its URL was signed, and for nobody else."""

    def authenticate(self, request: Request) -> tuple[User, None]:
        arguments = request.parser_context["kwargs"]
        user = principal_of(
            request.query_params.get("signature", ""),
            method=request.method or "",
            version=str(arguments["uid"]),
            path=arguments["path"],
        )
        if user is None:
            raise PermissionDenied("The signed URL is not valid, or has expired.")
        return user, None


class PresignedFile(ApiView):
    """The bytes themselves. That the URL was signed says who asks; whether they may is asked again."""

    authentication_classes = (SignedUrl,)

    def put(self, request: Request, uid: UUID, path: str) -> Response:
        artifacts.write_artifact(actor=self.actor, version=self.version(uid), path=path, chunks=_body(request._request))
        return Response({})

    def get(self, request: Request, uid: UUID, path: str) -> HttpResponseBase:
        version = self.version(uid)
        entry = artifacts.stat_artifact(actor=self.actor, version=version, path=path)
        if entry.is_directory:
            raise FileDoesNotExist(f"{path!r} is a directory.")
        headers = {
            "Accept-Ranges": "bytes",
            "Last-Modified": http_date(entry.modified_at.timestamp()),
            # Uploaded files are never a page of ours, whatever they contain.
            "Content-Disposition": "attachment",
            "X-Content-Type-Options": "nosniff",
        }
        try:
            asked = "" if request.method == "HEAD" else request.headers.get("Range", "")
            part = read_range(asked, entry.size)
        except UnsatisfiableRange:
            refusal = error_response(416, "INVALID_PARAMETER_VALUE", f"The file has {entry.size} bytes.")
            refusal["Content-Range"] = f"bytes */{entry.size}"
            return refusal
        start, length = part or (0, entry.size)
        if part is not None:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{entry.size}"
        headers["Content-Length"] = str(length)
        status, kind = 200 if part is None else 206, "application/octet-stream"
        if request.method == "HEAD":
            return HttpResponse(status=status, headers=headers, content_type=kind)
        pieces = artifacts.read_artifact(actor=self.actor, version=version, path=path, start=start, length=length)
        return StreamingHttpResponse(pieces, status=status, headers=headers, content_type=kind)

    def head(self, request: Request, uid: UUID, path: str) -> HttpResponseBase:
        return self.get(request, uid, path)

    def version(self, uid: UUID) -> ModelVersion:
        return model_versions.get_model_version_by_uid(actor=self.actor, uid=uid)


def _body(request: HttpRequest) -> Iterator[bytes]:
    """The request's body in pieces, wherever it ends. One that is shorter than announced is an error.

    A chunked body has no length, and Django sees none of it: it is read from the server's own stream.
    """
    announced = request.META.get("CONTENT_LENGTH")
    chunked = not announced and "chunked" in request.META.get("HTTP_TRANSFER_ENCODING", "").lower()
    stream = request.META["wsgi.input"] if chunked else request
    received = 0
    while piece := stream.read(_CHUNK):
        received += len(piece)
        yield piece
    if not chunked and received != int(announced or 0):
        raise InvalidParameterValue(f"The body ended after {received} of {announced} bytes.")
