"""Tables, as databricks-sdk and unitycatalog-client describe them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import Items, PropertiesField, TextField, milliseconds
from registry.api.unity_catalog.serializers.elsewhere import InCatalog, InSchema
from registry.models import Metastore, Table
from registry.services.hierarchy.tables import FORMATS

_EXTERNAL = "EXTERNAL"
_TEXTS, _MOST = 255, 2**31 - 1


class ColumnField(serializers.Serializer[Any]):
    """A column, kept as it is given."""

    name = serializers.CharField(max_length=limits.NAME_LENGTH, trim_whitespace=False)
    type_text = TextField(max_length=limits.COLUMN_LENGTH, allow_null=True)
    type_json = TextField(max_length=limits.COLUMN_LENGTH, allow_null=True)
    type_name = TextField(max_length=_TEXTS, allow_null=True)
    type_precision = serializers.IntegerField(min_value=-_MOST, max_value=_MOST, required=False, allow_null=True)
    type_scale = serializers.IntegerField(min_value=-_MOST, max_value=_MOST, required=False, allow_null=True)
    type_interval_type = TextField(max_length=_TEXTS, allow_null=True)
    position = serializers.IntegerField(min_value=-_MOST, max_value=_MOST, required=False, allow_null=True)
    comment = TextField(max_length=limits.COLUMN_LENGTH, allow_null=True)
    nullable = serializers.BooleanField(required=False, allow_null=True)
    partition_index = serializers.IntegerField(min_value=-_MOST, max_value=_MOST, required=False, allow_null=True)

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        """Empty values are left out; a mask, or anything else that is not kept, is refused by name."""
        if isinstance(data, dict) and (beside := sorted(key for key in data if key not in self.fields and data[key])):
            raise serializers.ValidationError(f"{beside[0]} of a column is not kept here.")
        return {name: value for name, value in super().to_internal_value(data).items() if value not in (None, "")}


class CreateTable(serializers.Serializer[Any]):
    catalog_name = serializers.CharField(trim_whitespace=False)
    schema_name = serializers.CharField(trim_whitespace=False)
    name = serializers.CharField(trim_whitespace=False)
    table_type = serializers.CharField(default=_EXTERNAL)
    data_source_format = serializers.ChoiceField(choices=FORMATS)
    storage_location = serializers.CharField(max_length=limits.LOCATION_LENGTH, trim_whitespace=False)
    columns = Items(ColumnField(), default=list, max_length=limits.COLUMNS)
    comment = TextField(default="", allow_null=True)
    properties = PropertiesField(required=False, allow_null=True)

    def validate_table_type(self, value: str) -> str:
        if value != _EXTERNAL:
            raise serializers.ValidationError("Only external tables are registered here: their rows lie elsewhere.")
        return value


class UpdateTable(serializers.Serializer[Any]):
    owner = TextField(allow_null=True)
    comment = TextField(allow_null=True)


class ListTables(InSchema):
    include_browse = serializers.BooleanField(default=False)
    omit_columns = serializers.BooleanField(default=False)
    omit_properties = serializers.BooleanField(default=False)


class GetTable(serializers.Serializer[Any]):
    include_browse = serializers.BooleanField(default=False)


class ListSummaries(InCatalog):
    schema_name_pattern = TextField(default="", max_length=limits.FILTER_PATTERN_LENGTH)
    table_name_pattern = TextField(default="", max_length=limits.FILTER_PATTERN_LENGTH)


class TableInfo(TypedDict):
    table_id: str
    name: str
    catalog_name: str
    schema_name: str
    full_name: str
    table_type: str
    metastore_id: str
    owner: str
    created_at: int
    created_by: str
    updated_at: int
    updated_by: str
    comment: str
    browse_only: NotRequired[bool]
    data_source_format: NotRequired[str]
    storage_location: NotRequired[str]
    columns: NotRequired[list[dict[str, Any]]]
    properties: NotRequired[dict[str, str]]


class TableList(TypedDict):
    tables: list[TableInfo]
    next_page_token: NotRequired[str]


class TableSummary(TypedDict):
    full_name: str
    table_type: str


class TableSummaryList(TypedDict):
    tables: list[TableSummary]
    next_page_token: NotRequired[str]


class TableExistence(TypedDict):
    table_exists: bool


def table(table: Table, metastore: Metastore, *, browse_only: bool = False, without: Collection[str] = ()) -> TableInfo:
    """Describe a table. With only BROWSE, neither its location nor its contents are shown."""
    info: TableInfo = {
        "table_id": str(table.uid),
        "name": table.name,
        "catalog_name": table.schema.catalog.name,
        "schema_name": table.schema.name,
        "full_name": table.full_name,
        "table_type": _EXTERNAL,
        "metastore_id": str(metastore.uid),
        "owner": table.owner_name,
        "created_at": milliseconds(table.created_at),
        "created_by": table.created_by,
        "updated_at": milliseconds(table.updated_at),
        "updated_by": table.updated_by,
        "comment": table.comment,
    }
    if browse_only:
        return {**info, "browse_only": True}
    info |= {"data_source_format": table.data_source_format, "storage_location": table.storage_location}
    if "columns" not in without:
        info["columns"] = table.columns
    if "properties" not in without:
        info["properties"] = table.properties
    return info


def summary(table: Table) -> TableSummary:
    return {"full_name": table.full_name, "table_type": _EXTERNAL}
