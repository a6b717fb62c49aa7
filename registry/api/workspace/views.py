"""Files in the caller's own workspace folder, where `databricks bundle deploy` keeps its lock, state and files."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, ClassVar

from django.conf import settings
from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import ERRORS, ApiView, JsonParser, Nothing, Params, asks
from registry.api.contracts import declares
from registry.api.fields import Overwrite
from registry.api.workspace import serializers as wire
from registry.exceptions import FileAlreadyExists, InvalidParameterValue
from registry.http.transfer import AS_ATTACHMENT, announced_size, body_of
from registry.services.people import workspace_files

_FORM_AROUND = 64 * 1024
"""Bytes of a form besides its file."""


class WorkspaceView(ApiView):
    error_codes: ClassVar = ERRORS | {FileAlreadyExists: (400, "RESOURCE_ALREADY_EXISTS")}


class GetStatus(WorkspaceView):
    @asks(wire.Path)
    def get(self, params: Params) -> wire.ObjectInfo:
        return wire.object_info(*workspace_files.find(actor=self.actor, path=params["path"]))


class List(WorkspaceView):
    @asks(wire.Path)
    def get(self, params: Params) -> wire.ObjectList:
        found = workspace_files.list_directory(actor=self.actor, path=params["path"])
        return {"objects": [wire.object_info(*one) for one in found]} if found else {}


class Export(WorkspaceView):
    @declares(asks=wire.ExportFile, gives_bytes=True)
    def get(self, request: Request) -> HttpResponseBase:
        params = self.parse(wire.ExportFile)
        size, pieces = workspace_files.read(actor=self.actor, path=params["path"])
        if params["direct_download"]:
            return _as_bytes(size, pieces)
        if size > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise InvalidParameterValue("The file is too long for an answer in JSON: ask with direct_download=true.")
        suffix = PurePosixPath(params["path"]).suffix.lstrip(".")
        answer: wire.Exported = {"content": b64encode(b"".join(pieces)).decode(), "file_type": suffix}
        return Response(answer)


class Mkdirs(WorkspaceView):
    @asks(wire.Path)
    def post(self, params: Params) -> Nothing:
        workspace_files.make_directories(actor=self.actor, path=params["path"])
        return {}


class FormOrJson(JsonParser):
    """JSON, or the form in which the SDKs send a file."""

    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> dict[str, Any]:
        if not (media_type or "").startswith(MultiPartParser.media_type):
            return super().parse(stream, media_type, parser_context)
        workspace_files.require_fits((announced_size(stream) or 0) - _FORM_AROUND)
        form = MultiPartParser().parse(stream, media_type, parser_context)
        return {**form.data.dict(), **form.files.dict()}


class Import(WorkspaceView):
    parser_classes = (FormOrJson,)

    @asks(wire.Import)
    def post(self, params: Params) -> Nothing:
        """Create a file, or replace it with ``overwrite``, in a directory that exists."""
        workspace_files.write(
            actor=self.actor, path=params["path"], chunks=params["content"], overwrite=params["overwrite"]
        )
        return {}


class Delete(WorkspaceView):
    @asks(wire.DeletePath)
    def post(self, params: Params) -> Nothing:
        workspace_files.delete(actor=self.actor, path=params["path"], recursive=params["recursive"])
        return {}


class ImportFile(ApiView):
    """What older releases of Databricks' CLI write with. They expect a 409 for what exists."""

    @declares(asks=Overwrite, takes_bytes=True)
    def post(self, request: Request, path: str) -> Response:
        params = self.parse_query(Overwrite)
        workspace_files.write(
            actor=self.actor, path=f"/{path}", chunks=body_of(request._request),
            overwrite=params["overwrite"],
        )  # fmt: skip
        return Response({})


class File(WorkspaceView):
    """What newer releases of Databricks' CLI read with."""

    @declares(gives_bytes=True)
    def get(self, request: Request, path: str) -> HttpResponseBase:
        return _as_bytes(*workspace_files.read(actor=self.actor, path=f"/{path}"))


def _as_bytes(size: int, pieces: Iterator[bytes]) -> HttpResponseBase:
    headers = {**AS_ATTACHMENT, "Content-Length": str(size)}
    return StreamingHttpResponse(pieces, content_type="application/octet-stream", headers=headers)
