"""Grants, read and written, spelled for who asks."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NotRequired, TypedDict

from rest_framework import serializers
from rest_framework.request import Request

from registry.api.fields import PrivilegeField, TextField
from registry.api.unity_catalog import dialect
from registry.models import Securable
from registry.privileges import Privilege
from registry.services.grants import Grant, Principal


class OfPrincipal(serializers.Serializer[Any]):
    principal = TextField(allow_null=True)


class Change(serializers.Serializer[Any]):
    principal = serializers.CharField(trim_whitespace=False)
    add = serializers.ListField(child=PrivilegeField(), default=list, max_length=len(Privilege))
    remove = serializers.ListField(child=PrivilegeField(), default=list, max_length=len(Privilege))


class UpdatePermissions(serializers.Serializer[Any]):
    changes = serializers.ListField(child=Change(), max_length=1000)


class Assignment(TypedDict):
    principal: str
    privileges: list[str]


class PermissionsList(TypedDict):
    privilege_assignments: list[Assignment]


class EffectivePrivilege(TypedDict):
    privilege: str
    inherited_from_type: NotRequired[str]
    inherited_from_name: NotRequired[str]


class EffectiveAssignment(TypedDict):
    principal: str
    privileges: list[EffectivePrivilege]


class EffectivePermissionsList(TypedDict):
    privilege_assignments: list[EffectiveAssignment]


def grants(found: Iterable[Grant], request: Request) -> PermissionsList:
    """Direct grants, gathered by principal."""
    return {
        "privilege_assignments": [
            {"principal": str(principal), "privileges": [dialect.privilege(request, grant.privilege) for grant in held]}
            for principal, held in _by_principal(found, request)
        ]
    }


def effective_grants(found: Iterable[Grant], securable: Securable, request: Request) -> EffectivePermissionsList:
    """Direct and inherited grants; an inherited one says where from."""
    return {
        "privilege_assignments": [
            {"principal": str(principal), "privileges": [_effective(grant, securable, request) for grant in held]}
            for principal, held in _by_principal(found, request)
        ]
    }


def _by_principal(found: Iterable[Grant], request: Request) -> Iterable[tuple[Principal, Iterable[Grant]]]:
    known = (grant for grant in found if dialect.knows(request, grant.privilege))
    by_name = sorted(known, key=lambda grant: (str(grant.principal), str(type(grant.principal))))
    return groupby(by_name, key=lambda grant: grant.principal)


def _effective(grant: Grant, securable: Securable, request: Request) -> EffectivePrivilege:
    privilege = dialect.privilege(request, grant.privilege)
    if grant.granted_on == securable:
        return {"privilege": privilege}
    return {
        "privilege": privilege,
        "inherited_from_type": dialect.securable_type(request, grant.granted_on),
        "inherited_from_name": grant.granted_on.full_name,
    }
