"""Files in a page, whatever they belong to: the tree, the one that is looked at, downloads and pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from explorer.wording import to_reader
from registry.exceptions import RegistryError
from registry.http.transfer import file_response
from registry.services.artifacts import previews
from registry.services.artifacts.transfer import File
from registry.services.artifacts.trees import FileTree

SHOWN = 2_000
"""Files that the tree shows; a client lists them all."""
DEEPEST = 20
"""Levels of the tree; what is deeper is shown there with the rest of its path."""


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


@dataclass(frozen=True)
class Places:
    """The names of the addresses at which a file is downloaded and a picture shown, and what they take before its path;
    the address of all files as a zip, where there is one."""

    download: str
    picture: str
    arguments: tuple[object, ...]
    archive: str = ""

    def of(self, path: str) -> dict[str, str]:
        """Return the addresses of one file."""
        return {
            "download_url": reverse(self.download, args=[*self.arguments, path]),
            "picture_url": reverse(self.picture, args=[*self.arguments, path]),
        }


def files_tab(request: HttpRequest, tree: FileTree, places: Places) -> dict[str, Any]:
    """Return what the tab shows: the tree, and the file that the address names (``path``; MLmodel by default)."""
    files = tree.files()
    path = request.GET.get("path", "") or next((f.entry.path for f in files if f.entry.path == "MLmodel"), "")
    context: dict[str, Any] = {
        "files": _tree(files[:SHOWN], path),
        "more": max(0, len(files) - SHOWN),
        "count": len(files),
        "size": sum(file.entry.size for file in files),
        "archive_url": places.archive,
    }
    if path:
        context |= _preview(tree, path, places)
        context["sha256"] = next((file.sha256 for file in files if file.entry.path == path), "")
    return context


def save_file(request: HttpRequest, tree: FileTree, path: str) -> HttpResponseBase:
    """Answer with a file as it was uploaded, to be saved."""
    response = file_response(request, tree, path)
    response["Content-Disposition"] = content_disposition_header(True, path.rpartition("/")[2])
    return response


def show_picture(tree: FileTree, path: str) -> HttpResponseBase:
    """Answer with a picture that a page shows."""
    media_type, entry = previews.read_image(tree, path)
    headers = {"X-Content-Type-Options": "nosniff", "Content-Length": str(entry.size)}
    return StreamingHttpResponse(tree.read(path, 0, entry.size), headers=headers, content_type=media_type)


def _preview(tree: FileTree, path: str, places: Places) -> dict[str, Any]:
    try:
        preview = previews.preview_file(tree, path)
    except RegistryError as error:
        return {"preview_error": to_reader(error.message)}
    return {"preview": preview, **places.of(path)}


def _tree(files: Sequence[File], selected: str) -> list[FileNode]:
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
