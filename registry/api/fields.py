"""Serializer fields that read the catalog's own values."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from registry.names import FullName
from registry.privileges import Privilege
from registry.services.model_versions import parse_version


class TextField(serializers.CharField):
    """Text as it was sent: blanks kept, and empty or null taken for absent where that is not an error."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(trim_whitespace=False, allow_blank=True, **options)


class FullNameField(serializers.CharField):
    def to_internal_value(self, data: Any) -> FullName:  # type: ignore[override]
        return FullName.parse(super().to_internal_value(data))


class VersionField(serializers.CharField):
    def to_internal_value(self, data: Any) -> int:  # type: ignore[override]
        return parse_version(super().to_internal_value(data))


class PrivilegeField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Privilege:
        return Privilege.parse(super().to_internal_value(data))


class TagField(serializers.Serializer[Any]):
    key = serializers.CharField(trim_whitespace=False)
    value = TextField(default="")


class PageFields(serializers.Serializer[Any]):
    max_results = serializers.IntegerField(required=False, allow_null=True)
    page_token = TextField(default="")


def milliseconds(moment: datetime) -> int:
    """A moment as both dialects write it."""
    return int(moment.timestamp() * 1000)


def tags_of(items: list[dict[str, str]]) -> dict[str, str]:
    return {item["key"]: item["value"] for item in items}
