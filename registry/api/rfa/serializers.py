"""Requests for access, as databricks-sdk's `rfa` writes them."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from accounts.models import User
from registry import limits
from registry.api.fields import Items, PrivilegeField, TextField
from registry.models import Securable


class PrincipalField(serializers.Serializer[Any]):
    id = serializers.CharField(max_length=255)
    principal_type = TextField(default="")


class SecurableField(serializers.Serializer[Any]):
    full_name = serializers.CharField(max_length=800, trim_whitespace=False)
    type = serializers.CharField(max_length=30)


class SecurablePermissions(serializers.Serializer[Any]):
    securable = SecurableField()
    permissions = Items(PrivilegeField(), max_length=50)


class Request(serializers.Serializer[Any]):
    behalf_of = PrincipalField(required=False, allow_null=True)
    comment = TextField(default="", max_length=limits.REQUEST_COMMENT_LENGTH)
    securable_permissions = Items(SecurablePermissions(), max_length=30)


class BatchRequests(serializers.Serializer[Any]):
    requests = Items(Request(), max_length=30)


class Principal(TypedDict):
    id: str
    principal_type: str


class NamedSecurable(TypedDict):
    full_name: str
    type: str


class Destination(TypedDict):
    destination_id: str
    destination_type: str


class Destinations(TypedDict):
    securable: NamedSecurable
    full_name: str
    securable_type: str
    destination_source_securable: NamedSecurable
    destinations: list[Destination]
    are_any_destinations_hidden: bool


class RequestAnswer(TypedDict):
    behalf_of: NotRequired[Principal]
    request_destinations: list[Destinations]


class BatchAnswer(TypedDict):
    responses: list[RequestAnswer]


def destinations(securable: Securable, people: list[User]) -> Destinations:
    """Who receives requests for ``securable``: the people named by its owner and its grants."""
    named: NamedSecurable = {"full_name": securable.full_name, "type": securable.securable_type.value}
    return {
        "securable": named,
        "full_name": securable.full_name,
        "securable_type": securable.securable_type.value,
        "destination_source_securable": named,
        "destinations": [{"destination_id": person.user_name, "destination_type": "EMAIL"} for person in people],
        "are_any_destinations_hidden": False,
    }
