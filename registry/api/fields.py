"""What the dialects share: fields that read the catalog's own values, and shapes that all of them write."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypedDict, cast

from django.db.models import Model, Prefetch
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.compiled_queries import CompiledQuery
from registry import limits
from registry.kinds import KINDS
from registry.models import Alias, Catalog, ModelVersion, RegisteredModel, Schema, metadata
from registry.names import FullName, version_number
from registry.privileges import Privilege
from registry.services.artifacts.manifests import Manifest, Stated


class TextField(serializers.CharField):
    """Text as it was sent: blanks kept, and empty or null taken for absent where that is not an error."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(trim_whitespace=False, allow_blank=True, **options)


class FullNameField(serializers.CharField):
    """The name of a model, completed by the RegistryView that uses this field."""

    def to_internal_value(self, data: Any) -> FullName:  # type: ignore[override]
        return FullName.parse(self.context["view"].completed(super().to_internal_value(data)))


class VersionField(serializers.CharField):
    def to_internal_value(self, data: Any) -> int:  # type: ignore[override]
        return version_number(super().to_internal_value(data))


class MomentField(serializers.CharField):
    """A point in time, in ISO 8601 or in milliseconds since 1970; without a time zone it is UTC."""

    def to_internal_value(self, data: Any) -> datetime:  # type: ignore[override]
        text = super().to_internal_value(data)
        try:
            if text.lstrip("-").isdecimal():
                return datetime.fromtimestamp(int(text) / 1000, UTC)
            moment = datetime.fromisoformat(text)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError, OSError) as error:
            raise serializers.ValidationError("Write a time in ISO 8601, or milliseconds since 1970.") from error


class PrivilegeField(serializers.CharField):
    def to_internal_value(self, data: Any) -> Privilege:
        return Privilege.parse(super().to_internal_value(data))


class Items(serializers.ListField):
    """A list of at most ``max_length`` items, which is counted before any is read; reading ends at the first error.

    A refused list costs less than an accepted one, however long it is.
    """

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], *, max_length: int, **options: Any) -> None:
        super().__init__(child=child, max_length=max_length, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > cast(int, self.max_length):
            raise serializers.ValidationError(f"Ensure this field has no more than {self.max_length} elements.")
        return super().to_internal_value(data)

    def run_child_validation(self, data: Any) -> list[Any]:
        items = []
        for place, item in enumerate(data):
            try:
                items.append(self.child.run_validation(item))
            except serializers.ValidationError as error:
                raise serializers.ValidationError({str(place): cast(Any, error.detail)}) from error
        return items


class PropertiesField(serializers.DictField):
    """Texts by key, counted before they are read."""

    child = TextField()

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict) and len(data) > limits.PROPERTIES:
            raise serializers.ValidationError(f"There are at most {limits.PROPERTIES} properties.")
        return super().to_internal_value(data)


class TagField(serializers.Serializer[Any]):
    key = serializers.CharField(trim_whitespace=False)
    value = TextField(default="")


class ParamField(serializers.Serializer[Any]):
    name = serializers.CharField(trim_whitespace=False, max_length=250)
    value = TextField(default="", max_length=6000)


class MetricField(serializers.Serializer[Any]):
    key = serializers.CharField(trim_whitespace=False, max_length=250)
    value = serializers.FloatField()
    timestamp = serializers.IntegerField(default=0, min_value=0, max_value=2**53)
    step = serializers.IntegerField(default=0, min_value=-(2**53), max_value=2**53)
    dataset_name = TextField(default="", max_length=500)
    dataset_digest = TextField(default="", max_length=36)
    model_id = TextField(default="", max_length=limits.MODEL_ID_LENGTH)
    run_id = TextField(default="", max_length=limits.RUN_ID_LENGTH)


class VersionOrigin(serializers.Serializer[Any]):
    """Where a new version comes from, as the dialects of `databricks-uc` report it."""

    source = serializers.CharField(max_length=limits.SOURCE_LENGTH, trim_whitespace=False)  # type: ignore[assignment]
    run_id = TextField(default="", max_length=limits.RUN_ID_LENGTH, allow_null=True)
    run_tracking_server_id = TextField(default="", max_length=255)
    feature_deps = TextField(default="", max_length=limits.COMMENT_LENGTH)
    model_id = TextField(default="", max_length=limits.MODEL_ID_LENGTH)
    tags = Items(TagField(), default=list, max_length=limits.TAGS_PER_CALL)
    # Stock clients leave these to the tracking server; callers of the API may send them.
    model_params = Items(ParamField(), default=list, max_length=limits.PARAMS_PER_VERSION)
    model_metrics = Items(MetricField(), default=list, max_length=limits.METRICS_PER_VERSION)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        for name in ("model_params", "model_metrics"):
            if len(json.dumps(attrs[name])) > limits.VERSION_DETAILS_LENGTH:
                raise serializers.ValidationError(f"{name} are longer than {limits.VERSION_DETAILS_LENGTH} bytes.")
        return attrs


@extend_schema_field(
    {
        "type": "object",
        "maxProperties": limits.MANIFEST_FILES,
        "additionalProperties": {
            "type": "object",
            "properties": {
                "sha256": {"type": "string", "pattern": "^[0-9a-fA-F]{64}$"},
                "size": {"type": "integer", "minimum": 0},
            },
        },
    }
)
class ManifestField(serializers.Field[Manifest, Any, Any, Any]):
    """Every file of a version by its path, each with its SHA-256 in hexadecimal digits, its size, or both."""

    def to_internal_value(self, data: Any) -> Manifest:
        if not isinstance(data, dict):
            raise serializers.ValidationError("It is an object of files by path.")
        if len(data) > limits.MANIFEST_FILES:
            raise serializers.ValidationError(f"It has more than {limits.MANIFEST_FILES} files.")
        return {path: _stated(path, file) for path, file in data.items()}


def _stated(path: str, file: Any) -> Stated:
    sha256, size = (file.get("sha256", ""), file.get("size")) if isinstance(file, dict) else ("", None)
    is_digest = isinstance(sha256, str) and re.fullmatch(r"[0-9a-fA-F]{64}|", sha256)
    is_size = size is None or (isinstance(size, int) and not isinstance(size, bool) and size >= 0)
    if not is_digest or not is_size or (sha256, size) == ("", None):
        raise serializers.ValidationError(f"{path[:100]!r} has neither a valid sha256 nor a valid size.")
    return Stated(sha256.lower(), size)


class FinalizeFields(serializers.Serializer[Any]):
    """What a client may say about the files that it has written. No stock client does; it is an addition of ours."""

    manifest = ManifestField(required=False, allow_null=True)


class PageFields(serializers.Serializer[Any]):
    max_results = serializers.IntegerField(required=False, allow_null=True)
    page_token = TextField(default="")


class Overwrite(serializers.Serializer[Any]):
    """The parameters of a request whose body is a file."""

    overwrite = serializers.BooleanField(default=False)


class Tag(TypedDict):
    key: str
    value: str


class Param(TypedDict):
    name: str
    value: str


class Metric(TypedDict):
    key: str
    value: float
    timestamp: int
    step: int
    dataset_name: str
    dataset_digest: str
    model_id: str
    run_id: str


class TemporaryCredentials(TypedDict):
    expiration_time: int
    storage_mode: str


ALIASES = Prefetch(
    "aliases",
    Alias.objects.select_related("model_version").only("name", "registered_model", "model_version__version"),
)
"""The aliases of models with their versions, in one query for all models of a page."""


def milliseconds(moment: datetime) -> int:
    """A point in time as all dialects write it."""
    return int(moment.timestamp() * 1000)


def tags_of(items: list[dict[str, str]]) -> dict[str, str]:
    return {item["key"]: item["value"] for item in items}


def written_tags(subject: Catalog | Schema | RegisteredModel | ModelVersion) -> list[Tag]:
    """The tags of a row, by key: prefetched by a listing, one query otherwise."""
    if _is_prefetched(subject, "tags"):
        return [{"key": tag.key, "value": tag.value} for tag in subject.tags.all()]
    return [{"key": key, "value": value} for key, value in _TAGS[type(subject)](subject.pk)]


def alias_names(version: ModelVersion) -> list[str]:
    """The aliases of a version: prefetched by a listing, one query otherwise."""
    if _is_prefetched(version, "aliases"):
        return [alias.name for alias in version.aliases.all()]
    return [name for (name,) in _ALIAS_NAMES(version.pk)]


def aliases_of(model: RegisteredModel) -> Iterable[Alias]:
    """The aliases with their versions: prefetched by a listing, one query for a single model."""
    return model.aliases.all() if _is_prefetched(model, "aliases") else model.aliases.select_related("model_version")


def _is_prefetched(row: Model, relation: str) -> bool:
    return relation in getattr(row, "_prefetched_objects_cache", {})


def _tags_of(table: type[metadata.Tag]) -> CompiledQuery:
    rows = table._default_manager.order_by("key").values_list("key", "value")
    return CompiledQuery(lambda: rows.filter(subject=-1), -1)  # type: ignore[misc]  # the tables below Tag have it


_TAGS = {kind.model: _tags_of(kind.tag) for kind in KINDS if kind.tag}
_ALIAS_NAMES = CompiledQuery(lambda: Alias.objects.filter(model_version=-1).order_by("folded").values_list("name"), -1)


def metrics_of(version: ModelVersion) -> list[Metric]:
    """The metrics of a version with values as numbers of JSON: PostgreSQL reads 1e20 as an integer, which it isn't."""
    metrics: list[Metric] = [dict(metric, value=float(metric["value"])) for metric in version.metrics]  # type: ignore[misc]  # as it was written
    return metrics
