"""The trash on the wire."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry.api.fields import TextField
from registry.models import TrashEntry


class RestoreAs(serializers.Serializer[Any]):
    new_name = TextField(default="", allow_null=True)


class TrashInfo(TypedDict):
    trash_id: str
    kind: str
    full_name: str
    id: str
    models: int
    versions: int
    size: int
    deleted_by: str
    deleted_at: str
    ends_at: str


class TrashList(TypedDict):
    trash: list[TrashInfo]
    next_page_token: NotRequired[str]


class RestoredInfo(TypedDict):
    kind: str
    full_name: str
    lost_aliases: list[str]


def trash_info(entry: TrashEntry) -> TrashInfo:
    return {
        "trash_id": str(entry.uid),
        "kind": entry.kind,
        "full_name": entry.full_name,
        "id": str(entry.object_uid),
        "models": entry.model_count,
        "versions": entry.version_count,
        "size": entry.size,
        "deleted_by": entry.deleted_by,
        "deleted_at": entry.deleted_at.isoformat(),
        "ends_at": entry.ends_at.isoformat(),
    }
