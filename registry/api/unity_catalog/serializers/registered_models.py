"""Registered models, their versions and aliases: the flat messages of `…/models`. Numbers are numbers here."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import (
    Items,
    Metric,
    MomentField,
    PageFields,
    Param,
    Tag,
    TagField,
    TextField,
    VersionField,
    VersionOrigin,
    aliases_of,
    metrics_of,
    milliseconds,
    written_tags,
)
from registry.api.unity_catalog.serializers.dependencies import known_dependency, securables_of
from registry.models import Alias, Metastore, ModelVersion, RegisteredModel
from registry.services.hierarchy.registered_models import location_of


class InSchema(serializers.Serializer[Any]):
    catalog_name = serializers.CharField(trim_whitespace=False)
    schema_name = serializers.CharField(trim_whitespace=False)


class AliasField(serializers.Serializer[Any]):
    """An alias as clients declare it; what else they repeat of it names the model."""

    alias_name = serializers.CharField(trim_whitespace=False)
    version_num = VersionField()


class CreateRegisteredModel(InSchema):
    name = serializers.CharField(trim_whitespace=False)
    comment = TextField(default="", allow_null=True)
    tags = Items(TagField(), default=list, max_length=limits.TAGS_PER_CALL)
    deployment_job_id = TextField(default="", max_length=255)
    owner = TextField(allow_null=True)
    aliases = Items(AliasField(), required=False, allow_null=True, max_length=limits.ALIASES_PER_MODEL)
    storage_location = TextField(default="", allow_null=True)

    def validate_storage_location(self, value: str | None) -> str:
        if value:
            raise serializers.ValidationError("This server chooses where it keeps models.")
        return ""


class UpdateRegisteredModel(serializers.Serializer[Any]):
    new_name = TextField(allow_null=True)
    comment = TextField(allow_null=True)
    owner = TextField(allow_null=True)
    deployment_job_id = TextField(allow_null=True, max_length=255)
    aliases = Items(AliasField(), required=False, allow_null=True, max_length=limits.ALIASES_PER_MODEL)


class Delete(serializers.Serializer[Any]):
    force = serializers.BooleanField(allow_null=True, default=None)


class ListRegisteredModels(PageFields):
    catalog_name = TextField(default="")
    schema_name = TextField(default="")
    include_browse = serializers.BooleanField(default=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["catalog_name"]) != bool(attrs["schema_name"]):
            raise serializers.ValidationError("catalog_name and schema_name come together, or not at all.")
        return attrs


class GetModelVersion(serializers.Serializer[Any]):
    include_aliases = serializers.BooleanField(default=False)


class GetByAlias(GetModelVersion):
    at = MomentField(required=False)


class GetRegisteredModel(GetModelVersion):
    include_browse = serializers.BooleanField(default=False)


class CreateModelVersion(InSchema, VersionOrigin):
    model_name = serializers.CharField(trim_whitespace=False)
    comment = TextField(default="", allow_null=True)
    model_version_dependencies = serializers.DictField(default=dict)

    def validate_model_version_dependencies(self, value: dict[str, Any]) -> list[dict[str, Any]]:
        """The list inside it, as its client wrote it."""
        listed = value.get("dependencies", [])
        if not isinstance(listed, list) or len(listed) > limits.LINEAGE_EDGES_PER_CALL:
            raise serializers.ValidationError("expected {'dependencies': [...]}, not too long.")
        return [known for item in listed if isinstance(item, dict) for known in known_dependency(item)]


class UpdateModelVersion(serializers.Serializer[Any]):
    comment = TextField(allow_null=True)


class SetAlias(serializers.Serializer[Any]):
    version_num = VersionField()


class AliasInfo(TypedDict):
    id: str
    alias_name: str
    version_num: int
    catalog_name: str
    schema_name: str
    model_name: str


class RegisteredModelInfo(TypedDict):
    id: str
    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    comment: str
    owner: str
    storage_location: str
    metastore_id: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    deployment_job_id: str
    deployment_job_state: str
    browse_only: bool
    tags: NotRequired[list[Tag]]
    aliases: NotRequired[list[AliasInfo]]


class RegisteredModelList(TypedDict):
    registered_models: list[RegisteredModelInfo]
    next_page_token: NotRequired[str]


class DependencyList(TypedDict):
    dependencies: list[dict[str, Any]]


class ModelVersionInfo(TypedDict):
    id: str
    model_name: str
    catalog_name: str
    schema_name: str
    version: int
    source: str
    run_id: str
    run_workspace_id: NotRequired[int]
    status: str
    storage_location: str
    comment: str
    metastore_id: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    model_version_dependencies: DependencyList
    model_id: str
    model_params: list[Param]
    model_metrics: list[Metric]
    digest: str
    tags: list[Tag]
    aliases: NotRequired[list[AliasInfo]]


class StoredFileInfo(TypedDict):
    path: str
    size: int
    sha256: str


class FileList(TypedDict):
    files: list[StoredFileInfo]
    next_page_token: NotRequired[str]


class ModelVersionList(TypedDict):
    model_versions: list[ModelVersionInfo]
    next_page_token: NotRequired[str]


def registered_model(
    model: RegisteredModel, metastore: Metastore, *, aliases: bool = False, browse_only: bool = False
) -> RegisteredModelInfo:
    """A RegisteredModelInfo. With only BROWSE it shows its name, owner, comment and tags, and no aliases."""
    name = model.name_parts
    info: RegisteredModelInfo = {
        "id": str(model.uid),
        "name": name.model,
        "catalog_name": name.catalog,
        "schema_name": name.schema,
        "full_name": model.full_name,
        "comment": model.comment,
        "owner": model.owner_name,
        "storage_location": location_of(model),
        "metastore_id": str(metastore.uid),
        "created_at": milliseconds(model.created_at),
        "created_by": model.created_by,
        "updated_at": milliseconds(model.updated_at),
        "updated_by": model.updated_by,
        "deployment_job_id": model.deployment_job_id,
        "deployment_job_state": model.deployment_job_state,
        "browse_only": browse_only,
        "tags": written_tags(model),
    }
    if aliases and not browse_only:
        info["aliases"] = [alias_info(alias, model) for alias in aliases_of(model)]
    return info


def alias_info(alias: Alias, model: RegisteredModel) -> AliasInfo:
    name = model.name_parts
    return {
        "id": str(alias.pk),
        "alias_name": alias.name,
        "version_num": alias.model_version.version,
        "catalog_name": name.catalog,
        "schema_name": name.schema,
        "model_name": name.model,
    }


def model_version(
    version: ModelVersion, metastore: Metastore, *, source: str, location: str = "", aliases: bool = False
) -> ModelVersionInfo:
    """A ModelVersionInfo with as much of its ``source`` as the reader may see."""
    name = version.registered_model.name_parts
    info: ModelVersionInfo = {
        "id": str(version.uid),
        "model_name": name.model,
        "catalog_name": name.catalog, "schema_name": name.schema,
        "version": version.version,
        "source": source,
        "run_id": version.run_id,
        "status": version.status,
        "storage_location": location or version.storage_location,
        "comment": version.comment,
        "metastore_id": str(metastore.uid),
        "created_at": milliseconds(version.created_at), "created_by": version.created_by,
        "updated_at": milliseconds(version.updated_at), "updated_by": version.updated_by,
        "model_version_dependencies": {"dependencies": securables_of(version)},
        "model_id": version.model_id,
        "model_params": version.params,
        "model_metrics": metrics_of(version),
        "digest": version.digest,
        "tags": written_tags(version),
    }  # fmt: skip
    if aliases:
        info["aliases"] = [alias_info(alias, version.registered_model) for alias in _aliases_of(version)]
    return _with_workspace(info, version.run_tracking_server_id)


def _with_workspace(info: ModelVersionInfo, workspace: str) -> ModelVersionInfo:
    """``info`` with the workspace of the run, where the client has named it by its number."""
    if workspace.isdecimal() and len(workspace) < 19:
        info["run_workspace_id"] = int(workspace)
    return info


def _aliases_of(version: ModelVersion) -> list[Alias]:
    for alias in (aliases := list(version.aliases.all())):
        alias.model_version = version  # read with it
    return aliases
