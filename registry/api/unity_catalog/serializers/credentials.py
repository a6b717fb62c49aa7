"""Credentials of an object store, as Unity Catalog writes them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NotRequired, TypedDict, cast

from rest_framework import serializers

from registry import limits
from registry.api.fields import VersionField, milliseconds
from registry.api.unity_catalog.serializers.registered_models import InSchema


class VersionCredentials(InSchema):
    model_name = serializers.CharField(trim_whitespace=False)
    version = VersionField()
    operation = serializers.ChoiceField(choices=["READ_MODEL_VERSION", "READ_WRITE_MODEL_VERSION"])


class PathCredentials(serializers.Serializer[Any]):
    """Places are read, and not written: what a version consists of is written before it is finalized, with the
    credential of that version."""

    url = serializers.CharField(max_length=limits.LOCATION_LENGTH)
    operation = serializers.ChoiceField(choices=["PATH_READ"])


class AwsCredentials(TypedDict):
    access_key_id: str
    secret_access_key: str
    session_token: str


class StoreCredentials(TypedDict):
    expiration_time: int
    aws_temp_credentials: NotRequired[AwsCredentials]


def of_store(kind: str, fields: Mapping[str, str], expires_at: datetime) -> StoreCredentials:
    """Return a credential as the field ``kind`` of the answer, which has ``fields``."""
    return cast("StoreCredentials", {"expiration_time": milliseconds(expires_at), kind: fields})
