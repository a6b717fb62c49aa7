"""Grants, read and written, spelled for the caller."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry.api.fields import TextField
from registry.api.unity_catalog.dialect import Dialect
from registry.models import Securable
from registry.services.access.grants import Grant, Principal
from registry.services.people.principals import id_of

PAGE = 150
"""Principals on a page, where the client leaves that to the server; and the least that it may request otherwise."""


class OfPrincipal(serializers.Serializer[Any]):
    principal = TextField(allow_null=True)
    max_results = serializers.IntegerField(required=False, allow_null=True, default=None)
    page_token = TextField(default="")
    include_deleted_principals = serializers.BooleanField(default=False)  # grants go with their principal

    def validate_max_results(self, value: int | None) -> int | None:
        """Unset is everything, 0 the server's choice (reference of Unity Catalog's grants)."""
        if value is not None and (value < 0 or 0 < value < PAGE):
            raise serializers.ValidationError(f"Ask for 0 (as many as the server gives) or at least {PAGE}.")
        return PAGE if value == 0 else value


class AssignmentPage(serializers.Serializer[Any]):
    principal = TextField(allow_null=True)
    page_size = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=0, max_value=1000)
    page_token = TextField(default="")
    include_deleted_principals = serializers.BooleanField(default=False)


class Assignment(TypedDict):
    principal: str
    principal_id: NotRequired[int]
    privileges: list[str]


class NextPage(TypedDict):
    next_page_token: NotRequired[str]


class PermissionsList(NextPage):
    privilege_assignments: list[Assignment]


class EffectivePrivilege(TypedDict):
    privilege: str
    inherited_from_type: NotRequired[str]
    inherited_from_name: NotRequired[str]


class EffectiveAssignment(TypedDict):
    principal: str
    principal_id: NotRequired[int]
    privileges: list[EffectivePrivilege]


class EffectivePermissionsList(NextPage):
    privilege_assignments: list[EffectiveAssignment]


class EffectiveAssignmentsList(NextPage):
    effective_privilege_assignments: list[EffectiveAssignment]


def grants(rows: Iterable[Grant], dialect: Dialect) -> list[Assignment]:
    """Direct grants, gathered by principal."""
    return [
        {**_named(principal, dialect), "privileges": [dialect.privilege(grant.privilege) for grant in held]}
        for principal, held in _by_principal(rows, dialect)
    ]


def effective_grants(rows: Iterable[Grant], securable: Securable, dialect: Dialect) -> list[EffectiveAssignment]:
    """Direct and inherited grants; an inherited one says where from."""
    return [
        {**_named(principal, dialect), "privileges": [_effective(grant, securable, dialect) for grant in held]}
        for principal, held in _by_principal(rows, dialect)
    ]


class _Named(TypedDict):
    principal: str
    principal_id: NotRequired[int]


def _named(principal: Principal, dialect: Dialect) -> _Named:
    named: _Named = {"principal": str(principal)}
    if not dialect.spells_words:
        named["principal_id"] = id_of(principal)
    return named


def _by_principal(rows: Iterable[Grant], dialect: Dialect) -> Iterable[tuple[Principal, Iterable[Grant]]]:
    known = (grant for grant in rows if grant.privilege in dialect.privileges)
    by_name = sorted(known, key=lambda grant: (str(grant.principal), str(type(grant.principal))))
    return groupby(by_name, key=lambda grant: grant.principal)


def _effective(grant: Grant, securable: Securable, dialect: Dialect) -> EffectivePrivilege:
    privilege = dialect.privilege(grant.privilege)
    if grant.granted_on == securable:
        return {"privilege": privilege}
    return {
        "privilege": privilege,
        "inherited_from_type": dialect.securable_type(grant.granted_on),
        "inherited_from_name": grant.granted_on.full_name,
    }
