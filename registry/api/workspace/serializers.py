"""Files of a workspace: requests read here, and the shapes of the answers. Times in milliseconds."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Iterable
from typing import Any, NotRequired, TypedDict

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from registry import limits
from registry.api.fields import milliseconds
from registry.models import WorkspaceFile
from registry.services.people import workspace_files


class Path(serializers.Serializer[Any]):
    path = serializers.CharField(trim_whitespace=False, max_length=2 * limits.ARTIFACT_PATH_LENGTH)


@extend_schema_field({"type": "string", "format": "byte"})
class ContentField(serializers.Field[Any, Any, Any, Any]):
    """A file in pieces: a part of a form, or base64 in JSON."""

    def to_internal_value(self, data: Any) -> Iterable[bytes]:
        if isinstance(data, UploadedFile):
            return data.chunks()
        if not isinstance(data, str):
            raise serializers.ValidationError("Write the content in base64.")
        try:
            return [b64decode(data, validate=True)]
        except ValueError as error:
            raise serializers.ValidationError("Write the content in base64.") from error


class Import(Path):
    """``format`` is AUTO if not given: a file stays a file, whatever its name."""

    content = ContentField()
    format = serializers.CharField(required=False, default="AUTO")
    language = serializers.CharField(required=False, allow_blank=True, default="")
    overwrite = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["format"] not in ("AUTO", "RAW") or attrs["language"]:
            raise serializers.ValidationError(
                "This server keeps files, and no notebooks: import with the format AUTO or RAW, and without a language."
            )
        return attrs


class ExportFile(Path):
    """The formats are those that leave a file as it is; others turn notebooks into archives and pages."""

    format = serializers.ChoiceField(choices=["AUTO", "RAW", "SOURCE"], default="AUTO")
    direct_download = serializers.BooleanField(default=False)


class DeletePath(Path):
    recursive = serializers.BooleanField(default=False)


class ObjectInfo(TypedDict):
    path: str
    object_type: str
    object_id: NotRequired[int]
    resource_id: NotRequired[str]
    size: NotRequired[int]
    created_at: NotRequired[int]
    modified_at: NotRequired[int]


class ObjectList(TypedDict, total=False):
    objects: list[ObjectInfo]


class Exported(TypedDict):
    content: str
    file_type: str


def object_info(place: workspace_files.Place, found: WorkspaceFile | None) -> ObjectInfo:
    """Describe a file or directory; the caller's own folder, which has no row, is described as existing."""
    if found is None:
        return {"path": place.spelled, "object_type": "DIRECTORY"}
    info: ObjectInfo = {
        "path": place.spelled,
        "object_type": "DIRECTORY" if found.is_directory else "FILE",
        "object_id": found.pk,
        "resource_id": str(found.pk),
        "created_at": milliseconds(found.created_at),
        "modified_at": milliseconds(found.modified_at),
    }
    return info if found.is_directory else {**info, "size": found.size}
