"""SCIM 2.0: who the caller is; users, service principals and groups."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import Group
from rest_framework.response import Response

from accounts.models import User, groups_of
from registry import exceptions as domain
from registry.api.base import ERRORS, ApiView, JsonRenderer, Params, asks
from registry.api.identities import parse_id
from registry.api.scim import serializers as wire
from registry.api.scim.listing import chosen, page_of
from registry.api.scim.patching import group_change, user_changes
from registry.services.people import groups, principals

_SCIM_TYPES = {409: "uniqueness", 400: "invalidValue"}


class ScimRenderer(JsonRenderer):
    media_type = "application/scim+json"


class ScimView(ApiView):
    """A view that answers in SCIM's media type, errors in SCIM's own form."""

    renderer_classes = (ScimRenderer,)
    error_type: ClassVar = wire.ScimError
    error_codes: ClassVar = ERRORS | {domain.AlreadyExists: (409, "RESOURCE_CONFLICT")}

    def handle_exception(self, exc: Exception) -> Response:
        response = super().handle_exception(exc)
        status = response.status_code
        response.data = {
            "schemas": ["urn:ietf:params:scim:api:messages:2.0:Error"],
            "status": str(status),
            "detail": response.data["message"],
        } | ({"scimType": _SCIM_TYPES[status]} if status in _SCIM_TYPES else {})
        return response


class Me(ScimView):
    @asks()
    def get(self) -> wire.UserResource:
        """Return the caller. A service principal also has a ``userName`` here: all clients look for it."""
        user: User = self.actor.principal
        return wire.user_resource(user, list(groups_of(user))) | {"userName": user.user_name}


class Users(ScimView):
    kind: ClassVar = User.Kind.USER
    columns: ClassVar = {"id": "pk", "userName": "user_name", "displayName": "display_name", "active": "is_active"}

    @asks(wire.ListParameters)
    def get(self, params: Params) -> wire.UserList:
        users, head = page_of(principals.list_users(kind=self.kind), params, self.columns)
        return {**head, "Resources": [chosen(_resource(user), params) for user in users]}  # type: ignore[typeddict-item]

    @asks(wire.WriteUser, status=201)
    def post(self, params: Params) -> wire.UserResource:
        user = principals.create_user(
            actor=self.actor, kind=self.kind, user_name=params["userName"] or params["applicationId"],
            display_name=_display_name(params), is_active=params.get("active", True),
        )  # fmt: skip
        return _resource(user)


class UserById(ScimView):
    kind: ClassVar = User.Kind.USER

    def named(self, principal_id: str) -> User:
        return principals.get_user(pk=parse_id(principal_id), kind=self.kind)

    @asks()
    def get(self, principal_id: str) -> wire.UserResource:
        return _resource(self.named(principal_id))

    @asks(wire.WriteUser)
    def put(self, params: Params, principal_id: str) -> wire.UserResource:
        user = self.named(principal_id)
        name = params["userName"] or params["applicationId"] or user.user_name
        changes = {
            "user_name": name,
            "display_name": _display_name(params),
            "is_active": params.get("active", user.is_active),
        }
        return _resource(principals.update_user(actor=self.actor, user=user, **changes))

    @asks(wire.Patch)
    def patch(self, params: Params, principal_id: str) -> wire.UserResource:
        user = self.named(principal_id)
        return _resource(principals.update_user(actor=self.actor, user=user, **user_changes(params["Operations"])))

    @asks(status=204)
    def delete(self, principal_id: str) -> None:
        principals.delete_user(actor=self.actor, user=self.named(principal_id))


class ServicePrincipals(Users):
    kind: ClassVar = User.Kind.SERVICE_PRINCIPAL
    columns: ClassVar = {"id": "pk", "applicationId": "user_name", "displayName": "display_name", "active": "is_active"}


class ServicePrincipalById(UserById):
    kind: ClassVar = User.Kind.SERVICE_PRINCIPAL


class Groups(ScimView):
    columns: ClassVar = {"displayName": "name"}

    @asks(wire.ListParameters)
    def get(self, params: Params) -> wire.GroupList:
        rows, head = page_of(groups.list_groups(), params, self.columns)
        resources: Any = [chosen(wire.group_resource(group), params) for group in rows]
        return {**head, "Resources": resources}  # type: ignore[typeddict-item]

    @asks(wire.WriteGroup, status=201)
    def post(self, params: Params) -> wire.GroupResource:
        members = wire.members_of(params["members"])
        group = groups.create_group(actor=self.actor, name=params["displayName"], members=members)
        return wire.group_resource(group)


class GroupById(ScimView):
    def named(self, principal_id: str) -> Group:
        return groups.get_group(pk=parse_id(principal_id) - principals.GROUP_IDS_FROM)

    def changed(self, principal_id: str, changes: list[groups.GroupChange]) -> wire.GroupResource:
        group = groups.change_group(actor=self.actor, group=self.named(principal_id), changes=changes)
        return wire.group_resource(group)

    @asks()
    def get(self, principal_id: str) -> wire.GroupResource:
        return wire.group_resource(self.named(principal_id))

    @asks(wire.WriteGroup)
    def put(self, params: Params, principal_id: str) -> wire.GroupResource:
        change = groups.GroupChange(name=params["displayName"], only=wire.members_of(params["members"]))
        return self.changed(principal_id, [change])

    @asks(wire.Patch)
    def patch(self, params: Params, principal_id: str) -> wire.GroupResource:
        return self.changed(principal_id, [group_change(operation) for operation in params["Operations"]])

    @asks(status=204)
    def delete(self, principal_id: str) -> None:
        groups.delete_group(actor=self.actor, group=self.named(principal_id))


def _resource(user: User) -> wire.UserResource:
    return wire.user_resource(user, list(user.groups.all()))


def _display_name(params: Params) -> str:
    """The name that is shown; some clients send only its two halves."""
    name = params.get("name") or {}
    return params.get("displayName") or " ".join(filter(None, (name.get("givenName"), name.get("familyName"))))
