"""Grants: direct and effective, read and changed."""

from __future__ import annotations

from typing import Any

from registry.api.base import ApiView, Asked, asks
from registry.api.unity_catalog.serializers import permissions as wire
from registry.models import Securable
from registry.privileges import SecurableType
from registry.services import grants
from registry.services.ownership import find_principal


class PermissionsView(ApiView):
    def securable(self, securable_type: str, full_name: str) -> Securable:
        kind = SecurableType.parse(securable_type)
        return grants.get_securable(actor=self.actor, securable_type=kind, full_name=full_name)


class Permissions(PermissionsView):
    @asks(wire.OfPrincipal)
    def get(self, asked: Asked, securable_type: str, full_name: str) -> wire.PermissionsList:
        securable = self.securable(securable_type, full_name)
        found = grants.list_grants(actor=self.actor, securable=securable, principal=_principal(asked))
        return wire.grants(found, self.request)

    @asks(wire.UpdatePermissions)
    def patch(self, asked: Asked, securable_type: str, full_name: str) -> wire.PermissionsList:
        securable = self.securable(securable_type, full_name)
        changes = [_change(change) for change in asked["changes"]]
        grants.update_grants(actor=self.actor, securable=securable, changes=changes)
        return wire.grants(grants.list_grants(actor=self.actor, securable=securable), self.request)


class EffectivePermissions(PermissionsView):
    @asks(wire.OfPrincipal)
    def get(self, asked: Asked, securable_type: str, full_name: str) -> wire.EffectivePermissionsList:
        securable = self.securable(securable_type, full_name)
        found = grants.list_effective_grants(actor=self.actor, securable=securable, principal=_principal(asked))
        return wire.effective_grants(found, securable, self.request)


def _principal(asked: Asked) -> grants.Principal | None:
    """The principal that is asked about, if one is."""
    name = asked.get("principal")
    return find_principal(name) if name else None


def _change(change: dict[str, Any]) -> grants.GrantChange:
    return grants.GrantChange(find_principal(change["principal"]), tuple(change["add"]), tuple(change["remove"]))
