"""The files of a version: the Artifacts tab, downloads, pictures, and all of them as a zip."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from explorer.actors import actor_of
from explorer.views.finding import find_version
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import RegistryError
from registry.http.transfer import file_response
from registry.models import ModelVersion
from registry.names import FullName
from registry.services.artifacts import archives, previews, transfer
from registry.services.artifacts.trees import VersionTree

SHOWN = 2_000
"""Files that the tree shows; a client lists them all."""
DEEPEST = 20
"""Levels of the tree; what lies deeper stands there with the rest of its path."""


@dataclass
class FileNode:
    """A file or a directory of the tree. ``children`` are by name."""

    name: str
    path: str
    size: int = 0
    sha256: str = ""
    is_directory: bool = False
    is_open: bool = False
    is_pickle: bool = False
    children: dict[str, FileNode] = field(default_factory=dict)

    @property
    def entries(self) -> list[FileNode]:
        """The children as a list: a template would take ``values`` for a file of that name."""
        return list(self.children.values())


def artifacts_tab(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """Return what the tab shows: the tree, and the file that the address names (``path``; MLmodel by default)."""
    actor = actor_of(request)
    if not version.is_ready or not authorization.allows(actor, Operation.READ_ARTIFACTS, version):
        return {"files": None}
    files = transfer.list_files(actor=actor, version=version)
    path = request.GET.get("path", "") or next((f.entry.path for f in files if f.entry.path == "MLmodel"), "")
    context: dict[str, Any] = {
        "files": _tree(files[:SHOWN], path),
        "more": max(0, len(files) - SHOWN),
        "count": len(files),
        "size": sum(file.entry.size for file in files),
    }
    if path:
        context |= _preview(actor, version, path)
        context["sha256"] = next((file.sha256 for file in files if file.entry.path == path), "")
    return context


def download(request: HttpRequest, full_name: FullName, version: int, path: str) -> HttpResponseBase:
    """A file as it was uploaded, to be saved."""
    model_version = find_version(request, full_name, version)
    response = file_response(request, VersionTree(actor_of(request), model_version), path)
    response["Content-Disposition"] = content_disposition_header(True, path.rpartition("/")[2])
    return response


def image(request: HttpRequest, full_name: FullName, version: int, path: str) -> HttpResponseBase:
    """A picture that a page shows."""
    actor, model_version = actor_of(request), find_version(request, full_name, version)
    media_type, entry = previews.read_image(actor=actor, version=model_version, path=path)
    pieces = transfer.read_artifact(actor=actor, version=model_version, path=path, start=0, length=entry.size)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Length": str(entry.size)}
    return StreamingHttpResponse(pieces, headers=headers, content_type=media_type)


def archive(request: HttpRequest, full_name: FullName, version: int) -> HttpResponseBase:
    """Every file of the version, as a zip that is made while it is sent."""
    model_version = find_version(request, full_name, version)
    stream = archives.archive_artifacts(actor=actor_of(request), version=model_version)
    name = f"{full_name.model}-version-{model_version.version}.zip"
    headers = {
        "Content-Disposition": content_disposition_header(True, name) or "attachment",
        "Content-Length": str(len(stream)),
    }
    return StreamingHttpResponse(stream, headers=headers, content_type="application/zip")


def _preview(actor: Actor, version: ModelVersion, path: str) -> dict[str, Any]:
    try:
        preview = previews.preview_artifact(actor=actor, version=version, path=path)
    except RegistryError as error:
        return {"preview_error": error.message}
    return {"preview": preview}


def _tree(files: list[transfer.File], selected: str) -> list[FileNode]:
    root = FileNode("", "", is_directory=True)
    for file in files:
        *folders, name = file.entry.path.split("/", DEEPEST)
        parent, below = root, ""
        for folder in folders:
            below = f"{below}{folder}/"
            is_open = selected.startswith(below)
            parent = parent.children.setdefault(folder, FileNode(folder, below, is_directory=True, is_open=is_open))
            parent.size += file.entry.size
        parent.children[name] = FileNode(
            name, file.entry.path, file.entry.size, file.sha256, is_pickle=previews.may_be_pickle(name)
        )
    return list(root.children.values())
