"""The `databricks-uc` dialect in its default form: requests read here, rows written here.

Shapes are those of MLflow's ``databricks_uc_registry_messages``: times in milliseconds, ``version`` a string,
aliases and tags lists of objects.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework import serializers

from registry import limits
from registry.api.fields import FullNameField, PageFields, TagField, TextField, VersionField, milliseconds
from registry.models import Alias, ModelVersion, RegisteredModel


class ModelName(serializers.Serializer[Any]):
    name = FullNameField()


class CreateRegisteredModel(ModelName):
    description = TextField(default="", allow_null=True)
    tags = TagField(many=True, default=list)
    deployment_job_id = TextField(default="", max_length=255)


class UpdateRegisteredModel(ModelName):
    new_name = TextField(allow_null=True)
    description = TextField(allow_null=True)
    deployment_job_id = TextField(allow_null=True, max_length=255)


class SearchModelVersions(PageFields):
    filter = TextField(default="")


class Dependency(serializers.Serializer[Any]):
    type = TextField(default="", max_length=255)
    name = TextField(default="", max_length=800)


class CreateModelVersion(ModelName):
    source = serializers.CharField(max_length=limits.SOURCE_LENGTH, trim_whitespace=False)  # type: ignore[assignment]
    run_id = TextField(default="", max_length=limits.RUN_ID_LENGTH)
    run_tracking_server_id = TextField(default="", max_length=255)
    description = TextField(default="", allow_null=True)
    feature_deps = TextField(default="", max_length=limits.COMMENT_LENGTH)
    model_id = TextField(default="", max_length=limits.MODEL_ID_LENGTH)
    tags = TagField(many=True, default=list)
    model_version_dependencies = serializers.ListField(
        child=Dependency(), default=list, max_length=limits.LINEAGE_EDGES_PER_CALL
    )


class VersionName(ModelName):
    version = VersionField()


class UpdateModelVersion(VersionName):
    description = TextField(allow_null=True)


class Credentials(VersionName):
    operation = serializers.ChoiceField(choices=["MODEL_VERSION_OPERATION_READ", "MODEL_VERSION_OPERATION_READ_WRITE"])


class AliasName(ModelName):
    alias = serializers.CharField(trim_whitespace=False)


class SetAlias(AliasName):
    version = VersionField()


class ModelTagKey(ModelName):
    key = serializers.CharField(trim_whitespace=False)


class ModelTag(ModelTagKey):
    value = TextField(default="")


class VersionTagKey(VersionName):
    key = serializers.CharField(trim_whitespace=False)


class VersionTag(VersionTagKey):
    value = TextField(default="")


class EmitLineage(VersionName):
    model_version_lineage_info = serializers.DictField()


def registered_model(model: RegisteredModel) -> dict[str, Any]:
    """A RegisteredModel message."""
    return {
        "name": model.full_name,
        "creation_timestamp": milliseconds(model.created_at),
        "last_updated_timestamp": milliseconds(model.updated_at),
        "user_id": model.created_by,
        "description": model.comment,
        "aliases": [{"alias": alias.name, "version": str(alias.model_version.version)} for alias in _aliases(model)],
        "tags": [{"key": tag.key, "value": tag.value} for tag in model.tags.all()],
        "deployment_job_id": model.deployment_job_id,
        "deployment_job_state": "NOT_SET_UP",
    }


def model_version(version: ModelVersion, source: str) -> dict[str, Any]:
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
        "aliases": [{"alias": alias.name, "version": str(version.version)} for alias in version.aliases.all()],
        "tags": [{"key": tag.key, "value": tag.value} for tag in version.tags.all()],
        "model_id": version.model_id,
    }


def _aliases(model: RegisteredModel) -> Iterable[Alias]:
    """The aliases with their versions: prefetched by a listing, one query for a single model."""
    prefetched = "aliases" in getattr(model, "_prefetched_objects_cache", {})
    return model.aliases.all() if prefetched else model.aliases.select_related("model_version")
