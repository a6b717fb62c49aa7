"""Imports on the wire."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import TextField
from registry.models import Import
from registry.services.imports.entries import Planned, Preview


class CreateImport(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=Import.Kind.choices)
    address = serializers.CharField(max_length=limits.SOURCE_LENGTH)
    destination = TextField(default="")
    user = TextField(default="", max_length=255)
    token = TextField(default="", max_length=10_000)
    stages = serializers.DictField(child=serializers.CharField(), required=False)


class StartImport(serializers.Serializer[Any]):
    names = serializers.DictField(child=serializers.CharField(), default=dict)


class Difference(TypedDict):
    object: str
    message: str


class ImportInfo(TypedDict):
    import_id: str
    kind: str
    address: str
    destination: str
    stages: dict[str, str]
    requested_by: str
    created_at: str
    job_id: str | None
    state: str | None
    error: str
    models: int
    versions: int
    versions_already_there: int
    report: list[Difference]


class ImportList(TypedDict):
    imports: list[ImportInfo]
    next_page_token: NotRequired[str]


class PlannedModel(TypedDict):
    name: str
    full_name: str
    versions: int
    gaps: list[int]
    aliases: dict[str, int]
    exists: bool
    problem: str
    notes: list[str]


class ImportPreview(TypedDict):
    models: list[PlannedModel]
    is_more: bool


def import_info(imported: Import) -> ImportInfo:
    """An import; without a job it waits to be started."""
    job = imported.job
    return {
        "import_id": str(imported.uid),
        "kind": imported.kind,
        "address": imported.address,
        "destination": imported.destination,
        "stages": imported.stages,
        "requested_by": imported.requested_by,
        "created_at": imported.created_at.isoformat(),
        "job_id": str(job.pk) if job else None,
        "state": job.state if job else None,
        "error": job.error if job else "",
        "models": imported.models_done,
        "versions": imported.versions_done,
        "versions_already_there": imported.versions_there,
        "report": [{"object": about, "message": words} for about, words in imported.report],
    }


def import_preview(preview: Preview) -> ImportPreview:
    return {"models": [_planned(model) for model in preview.models], "is_more": preview.is_more}


def _planned(model: Planned) -> PlannedModel:
    return {
        "name": model.name,
        "full_name": model.target,
        "versions": model.versions,
        "gaps": model.gaps,
        "aliases": dict(model.aliases),
        "exists": model.is_here,
        "problem": model.problem,
        "notes": model.notes,
    }
