"""The `databricks-uc` dialect in its default form: requests read here, rows written here.

Shapes are those of MLflow's ``databricks_uc_registry_messages``: times in milliseconds, ``version`` a string,
aliases and tags lists of objects.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api import mlflow_messages as shared
from registry.api.fields import (
    FinalizeFields,
    Items,
    Metric,
    PageFields,
    Param,
    Tag,
    TemporaryCredentials,
    TextField,
    VersionOrigin,
    alias_names,
    metrics_of,
    milliseconds,
    written_tags,
)
from registry.models import ModelVersion


class SearchModelVersions(PageFields):
    filter = TextField(default="")


class Dependency(serializers.Serializer[Any]):
    type = TextField(default="", max_length=255)
    name = TextField(default="", max_length=800)


class CreateModelVersion(shared.ModelName, VersionOrigin):
    description = TextField(default="", allow_null=True)
    model_version_dependencies = Items(Dependency(), default=list, max_length=limits.LINEAGE_EDGES_PER_CALL)


class FinalizeModelVersion(FinalizeFields, shared.VersionName):
    pass


class Credentials(shared.VersionName):
    operation = serializers.ChoiceField(choices=["MODEL_VERSION_OPERATION_READ", "MODEL_VERSION_OPERATION_READ_WRITE"])


class EmitLineage(shared.VersionName):
    model_version_lineage_info = serializers.DictField()


class ModelVersionMessage(TypedDict):
    name: str
    version: str
    creation_timestamp: int
    last_updated_timestamp: int
    user_id: str
    description: str
    source: str
    run_id: str
    run_tracking_server_id: str
    status: str
    status_message: str
    storage_location: str
    aliases: list[shared.AliasMessage]
    tags: list[Tag]
    model_id: str
    model_params: list[Param]
    model_metrics: list[Metric]


class RegisteredModelAnswer(TypedDict):
    registered_model: shared.RegisteredModelMessage


class RegisteredModelsAnswer(TypedDict):
    registered_models: list[shared.RegisteredModelMessage]
    next_page_token: NotRequired[str]


class ModelVersionAnswer(TypedDict):
    model_version: ModelVersionMessage


class ModelVersionsAnswer(TypedDict):
    model_versions: list[ModelVersionMessage]
    next_page_token: NotRequired[str]


class CredentialsAnswer(TypedDict):
    credentials: TemporaryCredentials


class DownloadUriAnswer(TypedDict):
    artifact_uri: str


class ArtifactRouteAnswer(TypedDict):
    is_databricks_sdk_models_artifact_repository_enabled: bool


def model_version(version: ModelVersion, source: str) -> ModelVersionMessage:
    """A ModelVersion message with as much of its ``source`` as the reader may see."""
    return {
        "name": version.registered_model.full_name,
        "version": str(version.version),
        "creation_timestamp": milliseconds(version.created_at),
        "last_updated_timestamp": milliseconds(version.updated_at),
        "user_id": version.created_by,
        "description": version.comment,
        "source": source,
        "run_id": version.run_id,
        "run_tracking_server_id": version.run_tracking_server_id,
        "status": version.status,
        "status_message": version.status_message,
        "storage_location": version.storage_location,
        "aliases": [{"alias": name, "version": str(version.version)} for name in alias_names(version)],
        "tags": written_tags(version),
        "model_id": version.model_id,
        "model_params": version.params,
        "model_metrics": metrics_of(version),
    }
