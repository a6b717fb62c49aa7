"""What other parts of Unity Catalog would report: there are no volumes and functions, and one workspace."""

from __future__ import annotations

from typing import Any, TypedDict

from rest_framework import serializers

from registry import limits
from registry.api.fields import Items, PageFields


class InCatalog(PageFields):
    catalog_name = serializers.CharField(trim_whitespace=False)


class InSchema(InCatalog):
    schema_name = serializers.CharField(trim_whitespace=False)


class BindingField(serializers.Serializer[Any]):
    workspace_id = serializers.IntegerField()
    binding_type = serializers.CharField(default="BINDING_TYPE_READ_WRITE")


class UpdateBindings(serializers.Serializer[Any]):
    add = Items(BindingField(), default=list, max_length=limits.WORKSPACES_PER_CALL)
    remove = Items(BindingField(), default=list, max_length=limits.WORKSPACES_PER_CALL)


class UpdateWorkspaces(serializers.Serializer[Any]):
    assign_workspaces = Items(serializers.IntegerField(), default=list, max_length=limits.WORKSPACES_PER_CALL)
    unassign_workspaces = Items(serializers.IntegerField(), default=list, max_length=limits.WORKSPACES_PER_CALL)


class Binding(TypedDict):
    workspace_id: int
    binding_type: str


class BindingList(TypedDict):
    bindings: list[Binding]


class WorkspaceList(TypedDict):
    workspaces: list[int]


class VolumeList(TypedDict):
    volumes: list[dict[str, Any]]


class FunctionList(TypedDict):
    functions: list[dict[str, Any]]
