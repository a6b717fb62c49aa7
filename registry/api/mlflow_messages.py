"""What both of MLflow's dialects read and write alike: names, aliases, tags, and a registered model."""

from __future__ import annotations

from typing import Any, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import (
    FullNameField,
    Items,
    Tag,
    TagField,
    TextField,
    VersionField,
    aliases_of,
    milliseconds,
    written_tags,
)
from registry.models import RegisteredModel


class ModelName(serializers.Serializer[Any]):
    name = FullNameField()


class CreateRegisteredModel(ModelName):
    description = TextField(default="", allow_null=True)
    tags = Items(TagField(), default=list, max_length=limits.TAGS_PER_CALL)
    deployment_job_id = TextField(default="", max_length=255)


class UpdateRegisteredModel(ModelName):
    new_name = TextField(allow_null=True)
    description = TextField(allow_null=True)
    deployment_job_id = TextField(allow_null=True, max_length=255)


class VersionName(ModelName):
    version = VersionField()


class UpdateModelVersion(VersionName):
    description = TextField(allow_null=True)


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


class AliasMessage(TypedDict):
    alias: str
    version: str


class RegisteredModelMessage(TypedDict):
    name: str
    creation_timestamp: int
    last_updated_timestamp: int
    user_id: str
    description: str
    aliases: list[AliasMessage]
    tags: list[Tag]
    deployment_job_id: str
    deployment_job_state: str


def registered_model(model: RegisteredModel) -> RegisteredModelMessage:
    """A RegisteredModel message."""
    return {
        "name": model.full_name,
        "creation_timestamp": milliseconds(model.created_at),
        "last_updated_timestamp": milliseconds(model.updated_at),
        "user_id": model.created_by,
        "description": model.comment,
        "aliases": [{"alias": alias.name, "version": str(alias.model_version.version)} for alias in aliases_of(model)],
        "tags": written_tags(model),
        "deployment_job_id": model.deployment_job_id,
        "deployment_job_state": model.deployment_job_state,
    }
