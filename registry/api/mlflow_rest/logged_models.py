"""Logged models, as far as there are any: each version that is ready is one, by the id that it came with or was given.

Clients whose tracking server is this one ask for them when they copy or register a version. Those of runs come from
the tracking server.
"""

from __future__ import annotations

from typing import Any, TypedDict

import orjson
from rest_framework import serializers

from registry import limits
from registry.api.base import ApiView, Params, asks
from registry.api.fields import Items, Metric, TextField, metrics_of, milliseconds
from registry.exceptions import InvalidParameterValue
from registry.models import ModelVersion
from registry.services.versions import logged_models

_REGISTRATIONS = "mlflow.modelVersions"
"""The tag by which MLflow notes what a logged model was registered as: `[{"name": …, "version": …}, …]`."""


class LoggedModelTagField(serializers.Serializer[Any]):
    key = serializers.CharField(max_length=250)
    value = TextField(default="", max_length=100_000)


class SetTags(serializers.Serializer[Any]):
    tags = Items(LoggedModelTagField(), max_length=limits.TAGS_PER_CALL)


class KeyValue(TypedDict):
    key: str
    value: str


class Registration(TypedDict):
    name: str
    version: str


class LoggedModelInfo(TypedDict):
    model_id: str
    experiment_id: str
    name: str
    creation_timestamp_ms: int
    last_updated_timestamp_ms: int
    artifact_uri: str
    status: str
    source_run_id: str
    tags: list[KeyValue]
    registrations: list[Registration]


class LoggedModelData(TypedDict):
    params: list[KeyValue]
    metrics: list[Metric]


class LoggedModelMessage(TypedDict):
    info: LoggedModelInfo
    data: LoggedModelData


class LoggedModelAnswer(TypedDict):
    model: LoggedModelMessage


class LoggedModel(ApiView):
    @asks()
    def get(self, model_id: str) -> LoggedModelAnswer:
        return {"model": logged_model(logged_models.versions_of(actor=self.actor, model_id=model_id))}


class LoggedModelTags(ApiView):
    @asks(SetTags)
    def patch(self, params: Params, model_id: str) -> LoggedModelAnswer:
        """Accept the note of what a model was registered as, which is known; there are no other tags yet."""
        versions = logged_models.versions_of(actor=self.actor, model_id=model_id)
        known = [(version.registered_model.full_name, str(version.version)) for version in versions]
        for tag in params["tags"]:
            if tag["key"] != _REGISTRATIONS or not set(_registrations_in(tag["value"])) <= set(known):
                raise InvalidParameterValue(
                    f"The tag {tag['key']!r} cannot be set on a logged model here. Tag the model version instead."
                )
        return {"model": logged_model(versions)}


def logged_model(versions: list[ModelVersion]) -> LoggedModelMessage:
    """A LoggedModel message of the first of ``versions``, which is registered as all of them."""
    first = versions[0]
    registered: list[Registration] = [
        {"name": version.registered_model.full_name, "version": str(version.version)} for version in versions
    ]
    return {
        "info": {
            "model_id": first.model_id,
            "experiment_id": "0",
            "name": first.registered_model.name,
            "creation_timestamp_ms": milliseconds(first.created_at),
            "last_updated_timestamp_ms": milliseconds(first.updated_at),
            "artifact_uri": f"models:/{first.registered_model.full_name}/{first.version}",
            "status": "LOGGED_MODEL_READY",
            "source_run_id": first.run_id,
            "tags": [{"key": _REGISTRATIONS, "value": orjson.dumps(registered).decode()}],
            "registrations": registered,
        },
        "data": {
            "params": [{"key": param["name"], "value": param["value"]} for param in first.params],
            "metrics": metrics_of(first),
        },
    }


def _registrations_in(value: str) -> list[tuple[str, str]]:
    """The names and versions that the tag lists; InvalidParameterValue if it lists something else."""
    try:
        return [(item["name"], str(item["version"])) for item in orjson.loads(value)]
    except (orjson.JSONDecodeError, TypeError, KeyError) as error:
        raise InvalidParameterValue(f"{_REGISTRATIONS} is a list of names and versions, as JSON.") from error
