"""The files of a version: the Artifacts tab, downloads, pictures, and all of them as a zip."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header

from explorer.actors import actor_of
from explorer.markdown import Pictures
from explorer.views.files import Places, files_tab, save_file, show_picture
from explorer.views.finding import find_version
from registry import authorization
from registry.authorization import Operation
from registry.models import ModelVersion
from registry.names import FullName
from registry.services.artifacts import archives, previews
from registry.services.artifacts.trees import VersionTree


def artifacts_tab(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """Return what the tab shows of a version that is ready, to users who may read its files."""
    actor = actor_of(request)
    if not version.is_ready or not authorization.allows(actor, Operation.READ_ARTIFACTS, version):
        return {"files": None}
    arguments = (version.registered_model.name_parts, version.version)
    archive = reverse("download-artifacts", args=arguments)
    places = Places("download-artifact", "artifact-picture", arguments, archive)
    return files_tab(request, VersionTree(actor, version), places)


def download(request: HttpRequest, full_name: FullName, version: int, path: str) -> HttpResponseBase:
    """A file as it was uploaded, to be saved."""
    return save_file(request, _tree(request, full_name, version), path)


def image(request: HttpRequest, full_name: FullName, version: int, path: str) -> HttpResponseBase:
    """A picture that a page shows."""
    return show_picture(_tree(request, full_name, version), path)


def pictures_of(version: ModelVersion) -> Pictures:
    """Return the pictures among the files of a version that is ready."""
    arguments = version.registered_model.name_parts, version.version, "-"
    address = reverse("artifact-picture", args=arguments).removesuffix("-")
    return Pictures(address, partial(previews.list_pictures, version))


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


def _tree(request: HttpRequest, full_name: FullName, version: int) -> VersionTree:
    return VersionTree(actor_of(request), find_version(request, full_name, version))
