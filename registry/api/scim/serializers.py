"""SCIM 2.0 (RFC 7643): users, service principals and groups, read and written in camel case.

Users and service principals share one sequence of ids; groups have their own, which is kept apart from it:
a group's member is named only by an id.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from django.contrib.auth.models import Group
from rest_framework import serializers

from accounts.models import User
from registry import limits
from registry.api.fields import Items, TextField
from registry.api.identities import parse_id
from registry.services.people.groups import Members
from registry.services.people.principals import GROUP_IDS_FROM, id_of

_CORE = "urn:ietf:params:scim:schemas:core:2.0"


class ListParameters(serializers.Serializer[Any]):
    filter = TextField(default="", max_length=1000)
    attributes = TextField(default="")
    excludedAttributes = TextField(default="")
    startIndex = serializers.IntegerField(default=1, max_value=10**9)
    count = serializers.IntegerField(default=100, max_value=10**9)
    sortBy = TextField(default="")
    sortOrder = serializers.ChoiceField(choices=["ascending", "descending"], default="ascending")


class Member(serializers.Serializer[Any]):
    value = serializers.CharField()


class UserName(serializers.Serializer[Any]):
    givenName = TextField(default="", allow_null=True)
    familyName = TextField(default="", allow_null=True)


class WriteUser(serializers.Serializer[Any]):
    """Anything sent beyond this (e-mails, entitlements, roles) is not kept: a user's name is its e-mail."""

    userName = TextField(default="", max_length=255)
    applicationId = TextField(default="", max_length=255)
    displayName = TextField(allow_null=True, max_length=255)
    name = UserName(required=False)
    active = serializers.BooleanField(required=False)


class WriteGroup(serializers.Serializer[Any]):
    displayName = serializers.CharField(max_length=150)
    members = Items(Member(), default=list, max_length=limits.GROUP_MEMBERS_PER_CALL)


class Operation(serializers.Serializer[Any]):
    op = serializers.CharField()
    path = TextField(default="", allow_null=True, max_length=1000)
    value = serializers.JSONField(required=False, allow_null=True)


class Patch(serializers.Serializer[Any]):
    Operations = Items(Operation(), max_length=1000)


class Reference(TypedDict):
    value: str
    display: str


class Email(TypedDict):
    value: str
    primary: bool


class UserResource(TypedDict):
    """A user or a service principal. A listing shows the requested attributes."""

    schemas: list[str]
    id: str
    userName: NotRequired[str]
    applicationId: NotRequired[str]
    displayName: NotRequired[str]
    active: NotRequired[bool]
    emails: NotRequired[list[Email]]
    groups: NotRequired[list[Reference]]


class GroupResource(TypedDict):
    """A group. A listing shows the requested attributes."""

    schemas: list[str]
    id: str
    displayName: NotRequired[str]
    members: NotRequired[list[Reference]]
    groups: NotRequired[list[Reference]]


class UserList(TypedDict):
    schemas: list[str]
    totalResults: int
    startIndex: int
    itemsPerPage: int
    Resources: list[UserResource]


class GroupList(TypedDict):
    schemas: list[str]
    totalResults: int
    startIndex: int
    itemsPerPage: int
    Resources: list[GroupResource]


class ScimError(TypedDict):
    """An error, as SCIM writes it (RFC 7644, section 3.12)."""

    schemas: list[str]
    status: str
    detail: str
    scimType: NotRequired[str]


def user_resource(user: User, groups: list[Group]) -> UserResource:
    resource: UserResource = {
        "schemas": [f"{_CORE}:User"],
        "id": str(user.pk),
        "displayName": user.display_name or user.user_name,
        "active": user.is_active,
        "groups": [_group(group) for group in groups],
    }
    if user.kind == User.Kind.USER:
        resource["userName"] = user.user_name
        resource["emails"] = [{"value": user.user_name, "primary": True}]
    else:
        resource["schemas"] = [f"{_CORE}:ServicePrincipal"]
        resource["applicationId"] = user.user_name
    return resource


def group_resource(group: Group) -> GroupResource:
    users = [{"value": str(user.pk), "display": user.user_name} for user in group.user_set.all()]
    return {
        "schemas": [f"{_CORE}:Group"],
        "id": str(id_of(group)),
        "displayName": group.name,
        "members": [*users, *(_group(nesting.child) for nesting in group.child_nestings.all())],  # type: ignore[list-item]
        "groups": [_group(nesting.parent) for nesting in group.parent_nestings.all()],
    }


def members_of(references: list[dict[str, Any]]) -> Members:
    """The principals that ``[{"value": <id>}, …]`` names."""
    ids = {parse_id(reference.get("value")) for reference in references}
    groups = {number - GROUP_IDS_FROM for number in ids if number >= GROUP_IDS_FROM}
    return Members(frozenset(number for number in ids if number < GROUP_IDS_FROM), frozenset(groups))


def _group(group: Group) -> Reference:
    return {"value": str(id_of(group)), "display": group.name}
