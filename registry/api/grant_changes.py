"""Changes of grants as a request lists them, wherever they are sent or previewed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rest_framework import serializers

from registry.api.contracts import Params
from registry.api.fields import Items, PrivilegeField, TextField
from registry.privileges import Privilege
from registry.services.access.grants import GrantChange
from registry.services.people.principals import find_by_id
from registry.services.shared.ownership import find_principal


class Change(serializers.Serializer[Any]):
    principal = TextField(default="", max_length=255)
    principal_id = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=2**60)
    add = Items(PrivilegeField(), default=list, max_length=len(Privilege))
    remove = Items(PrivilegeField(), default=list, max_length=len(Privilege))

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if bool(attrs["principal"]) == bool(attrs.get("principal_id")):
            raise serializers.ValidationError("A change names a principal, or its principal_id.")
        return attrs


class UpdatePermissions(serializers.Serializer[Any]):
    changes = Items(Change(), max_length=1000)
    omit_permissions_in_response = serializers.BooleanField(default=False)


def grant_changes(params: Params) -> Iterator[GrantChange]:
    """The changes that ``UpdatePermissions`` has read, with their principals, looked up one by one as they are
    taken: no one can look up a thousand without the right to grant."""
    for change in params["changes"]:
        principal = find_principal(change["principal"]) if change["principal"] else find_by_id(change["principal_id"])
        yield GrantChange(principal, add=tuple(change["add"]), remove=tuple(change["remove"]))
