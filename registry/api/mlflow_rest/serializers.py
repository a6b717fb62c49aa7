"""Plain MLflow (``http://…`` as registry URI): requests read here, rows written here.

Shapes are those of MLflow's ``model_registry.proto``. What this shares with `databricks-uc` is in
``registry.api.mlflow_messages``; here the aliases of a version are plain words, and there are stages, which nothing
has.
"""

from __future__ import annotations

from typing import NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api import mlflow_messages as shared
from registry.api.fields import (
    Items,
    PageFields,
    Tag,
    TagField,
    TextField,
    alias_names,
    milliseconds,
    written_tags,
)
from registry.models import ModelVersion, RegisteredModel


class RenameRegisteredModel(shared.ModelName):
    new_name = serializers.CharField(trim_whitespace=False)


class Search(PageFields):
    filter = TextField(default="")
    order_by = Items(serializers.CharField(max_length=200), default=list, max_length=limits.ORDER_KEYS)


class GetLatestVersions(shared.ModelName):
    stages = Items(serializers.CharField(max_length=50), default=list, max_length=10)


class CreateModelVersion(shared.ModelName):
    source = serializers.CharField(max_length=limits.SOURCE_LENGTH, trim_whitespace=False)  # type: ignore[assignment]
    description = TextField(allow_null=True)
    tags = Items(TagField(), default=list, max_length=limits.TAGS_PER_CALL)
    run_id = TextField(default="", max_length=limits.RUN_ID_LENGTH, allow_null=True)
    run_link = TextField(default="", max_length=limits.RUN_LINK_LENGTH, allow_null=True)


class TransitionStage(shared.VersionName):
    stage = TextField(default="")


class ModelVersionMessage(TypedDict):
    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    user_id: str
    current_stage: str
    description: str
    source: str
    run_id: str
    run_link: str
    status: str
    status_message: str
    aliases: list[str]
    tags: list[Tag]
    model_id: str


class RegisteredModelMessage(shared.RegisteredModelMessage):
    latest_versions: list[ModelVersionMessage]


class RegisteredModelAnswer(TypedDict):
    registered_model: RegisteredModelMessage


class RegisteredModelsAnswer(TypedDict):
    registered_models: list[RegisteredModelMessage]
    next_page_token: NotRequired[str]


class WorkspaceModelMessage(RegisteredModelMessage):
    id: str
    permission_level: str


class WorkspaceModelAnswer(TypedDict):
    registered_model_databricks: WorkspaceModelMessage


class ModelVersionAnswer(TypedDict):
    model_version: ModelVersionMessage


class ModelVersionsAnswer(TypedDict):
    model_versions: list[ModelVersionMessage]
    next_page_token: NotRequired[str]


class DownloadUriAnswer(TypedDict):
    artifact_uri: str


def registered_model(model: RegisteredModel, latest: list[ModelVersionMessage]) -> RegisteredModelMessage:
    """A RegisteredModel message. The latest version of each stage: all are in the stage None."""
    return {**shared.registered_model(model), "latest_versions": latest}


def model_version(version: ModelVersion, source: str) -> ModelVersionMessage:
    """A ModelVersion message with as much of its ``source`` as the reader may see."""
    return {
        "name": version.registered_model.full_name,
        "version": str(version.version),
        "creation_timestamp": milliseconds(version.created_at),
        "last_updated_timestamp": milliseconds(version.updated_at),
        "user_id": version.created_by,
        "current_stage": "None",
        "description": version.comment,
        "source": source,
        "run_id": version.run_id,
        "run_link": version.run_link,
        "status": version.status,
        "status_message": version.status_message,
        "aliases": alias_names(version),
        "tags": written_tags(version),
        "model_id": version.model_id,
    }
