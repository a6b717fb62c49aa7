"""The Files API: requests read here, and the shapes of its answers."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import Items, PageFields, TextField


class PathParameters(serializers.Serializer[Any]):
    path = serializers.CharField(trim_whitespace=False)


class ListDirectory(PageFields):
    page_size = serializers.IntegerField(required=False, allow_null=True)


class Part(serializers.Serializer[Any]):
    part_number = serializers.IntegerField(min_value=1, max_value=limits.UPLOAD_PARTS)
    etag = TextField(default="", allow_null=True)


class UploadAction(serializers.Serializer[Any]):
    """The two steps of an upload in parts, told apart by ``action``."""

    action = serializers.ChoiceField(choices=["initiate-upload", "complete-upload"])
    overwrite = serializers.BooleanField(default=False)
    session_token = TextField(default="")
    parts = Items(Part(), default=list, max_length=limits.UPLOAD_PARTS)


class UploadSession(PathParameters):
    session_token = serializers.CharField(trim_whitespace=False)


class PartUrls(UploadSession):
    start_part_number = serializers.IntegerField(min_value=1, max_value=limits.UPLOAD_PARTS)
    count = serializers.IntegerField(default=1, min_value=1, max_value=1000)


class Header(TypedDict):
    name: str
    value: str


class SignedUrlAnswer(TypedDict):
    url: str
    headers: list[Header]


class DirectoryEntry(TypedDict):
    path: str
    name: str
    is_directory: bool
    file_size: int
    last_modified: int


class DirectoryListing(TypedDict):
    contents: list[DirectoryEntry]
    next_page_token: NotRequired[str]


class MultipartUpload(TypedDict):
    session_token: str


class InitiatedUpload(TypedDict, total=False):
    multipart_upload: MultipartUpload


class PartUrl(SignedUrlAnswer):
    part_number: int


class PartUrlsAnswer(TypedDict):
    upload_part_urls: list[PartUrl]


class AbortUrlAnswer(TypedDict):
    abort_upload_url: SignedUrlAnswer
