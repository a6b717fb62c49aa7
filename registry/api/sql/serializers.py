"""Statements and their results, as databricks-sdk's `statement_execution` reads and writes them."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry import sql
from registry.api.fields import Items, TextField
from registry.exceptions import (
    AlreadyExists,
    DoesNotExist,
    InvalidState,
    PermissionDenied,
    PrincipalDoesNotExist,
    QuotaExceeded,
    RegistryError,
)
from registry.services.finding.statements import Table

_CONDITIONS: list[tuple[type[RegistryError], str, str]] = [
    (sql.UnsupportedStatement, "UNSUPPORTED_FEATURE", "0A000"),
    (PermissionDenied, "INSUFFICIENT_PERMISSIONS", "42501"),
    (PrincipalDoesNotExist, "PRINCIPAL_DOES_NOT_EXIST", "42704"),
    (DoesNotExist, "OBJECT_NOT_FOUND", "42704"),
    (AlreadyExists, "OBJECT_ALREADY_EXISTS", "42710"),
    (QuotaExceeded, "QUOTA_EXCEEDED", "54000"),
    (InvalidState, "OBJECT_NOT_IN_PREREQUISITE_STATE", "55000"),
    (RegistryError, "INVALID_STATEMENT", "42601"),
]
"""How SQL names what a service refuses: condition and SQLSTATE; the first class that fits."""


class ExecuteStatement(serializers.Serializer[Any]):
    statement = serializers.CharField(max_length=sql.LONGEST, trim_whitespace=False)
    catalog = TextField(default="", max_length=255)
    schema = TextField(default="", max_length=255)
    parameters = Items(serializers.DictField(), required=False, allow_null=True, max_length=256)
    row_limit = serializers.IntegerField(required=False, allow_null=True, min_value=0, max_value=2**31)

    def validate_parameters(self, value: list[dict[str, Any]] | None) -> None:
        if value:
            raise serializers.ValidationError("Parameter markers are not supported: write the values.")


class Error(TypedDict):
    error_code: str
    message: str


class Status(TypedDict):
    state: str
    error: NotRequired[Error]
    sql_state: NotRequired[str]


class Column(TypedDict):
    name: str
    position: int
    type_name: str
    type_text: str


class ResultSchema(TypedDict):
    column_count: int
    columns: list[Column]


class Chunk(TypedDict):
    chunk_index: int
    row_offset: int
    row_count: int


class Manifest(TypedDict):
    format: str
    schema: ResultSchema
    total_chunk_count: int
    total_row_count: int
    truncated: bool
    chunks: list[Chunk]


class ResultData(TypedDict):
    chunk_index: int
    row_offset: int
    row_count: int
    data_array: list[list[str | None]]


class StatementAnswer(TypedDict):
    statement_id: str
    status: Status
    manifest: NotRequired[Manifest]
    result: NotRequired[ResultData]


def succeeded(statement_id: str, table: Table, row_limit: int | None) -> StatementAnswer:
    rows = [list(row) for row in table.rows[: row_limit or None]]
    chunk: Chunk = {"chunk_index": 0, "row_offset": 0, "row_count": len(rows)}
    columns: list[Column] = [
        {"name": name, "position": position, "type_name": "STRING", "type_text": "STRING"}
        for position, name in enumerate(table.columns)
    ]
    return {
        "statement_id": statement_id,
        "status": {"state": "SUCCEEDED"},
        "manifest": {
            "format": "JSON_ARRAY",
            "schema": {"column_count": len(columns), "columns": columns},
            "total_chunk_count": 1,
            "total_row_count": len(rows),
            "truncated": table.truncated or len(rows) < len(table.rows),
            "chunks": [chunk],
        },
        "result": {**chunk, "data_array": rows},
    }


def failed(statement_id: str, error: RegistryError) -> StatementAnswer:
    condition, state = next((condition, state) for kind, condition, state in _CONDITIONS if isinstance(error, kind))
    lead = "Insufficient privileges: " if state == "42501" else ""
    message = f"[{condition}] {lead}{error.message} SQLSTATE: {state}"
    return {
        "statement_id": statement_id,
        "status": {"state": "FAILED", "error": {"error_code": "BAD_REQUEST", "message": message}, "sql_state": state},
    }
