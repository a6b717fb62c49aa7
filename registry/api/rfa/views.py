"""Requests for access in Databricks' own form: several at once, and who receives them."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.db import transaction

from accounts.models import User
from registry.api.base import ApiView, Params, asks
from registry.api.identities import parse_id
from registry.api.rfa import serializers as wire
from registry.services.access import access_requests
from registry.services.people import principals


class Requests(ApiView):
    @asks(wire.BatchRequests)
    def post(self, params: Params) -> wire.BatchAnswer:
        """Ask for access: all of it, or nothing."""
        with transaction.atomic():
            return {"responses": [self._request(request) for request in params["requests"]]}

    def _request(self, request: Params) -> wire.RequestAnswer:
        principal = _principal(request["behalf_of"]) if request.get("behalf_of") else None
        answer: wire.RequestAnswer = {"request_destinations": []}
        for item in request["securable_permissions"]:
            securable = self.securable(item["securable"]["type"], item["securable"]["full_name"])
            access_requests.request_access(
                actor=self.actor, securable=securable, privileges=item["permissions"],
                comment=request["comment"], principal=principal,
            )  # fmt: skip
            answer["request_destinations"].append(wire.destinations(securable, access_requests.approvers_of(securable)))
        if request.get("behalf_of"):
            answer["behalf_of"] = dict(request["behalf_of"])  # type: ignore[typeddict-item]
        return answer


class Destinations(ApiView):
    @asks()
    def get(self, securable_type: str, full_name: str) -> wire.Destinations:
        """Return who receives requests for a securable. It follows from its owner and its grants, and is not set."""
        securable = self.securable(securable_type, full_name)
        return wire.destinations(securable, access_requests.approvers_of(securable))


def _principal(named: Params) -> User | Group:
    """The principal with that id, which is the one that SCIM reports."""
    return principals.find_by_id(parse_id(named["id"]))
