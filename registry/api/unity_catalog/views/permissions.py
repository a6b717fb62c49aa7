"""Grants: direct and effective, read and changed; each list whole, or in pages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

from registry.api.base import Params, asks
from registry.api.grant_changes import UpdatePermissions, grant_changes
from registry.api.unity_catalog import dialect
from registry.api.unity_catalog.serializers import permissions as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.http.paging import page_of_list
from registry.models import Securable
from registry.services.access import grants
from registry.services.shared.ownership import find_principal

Written = TypeVar("Written", wire.Assignment, wire.EffectiveAssignment)


class PermissionsView(DialectView):
    def direct(self, params: Params, securable: Securable) -> list[wire.Assignment]:
        rows = grants.list_grants(actor=self.actor, securable=securable, principal=_principal(params))
        return wire.grants(rows, self.dialect)

    def effective(self, params: Params, securable: Securable) -> list[wire.EffectiveAssignment]:
        rows = grants.list_effective_grants(actor=self.actor, securable=securable, principal=_principal(params))
        return wire.effective_grants(rows, securable, self.dialect)

    def cut(self, rows: list[Written], size: int, params: Params) -> tuple[Sequence[Written], str]:
        """A page of assignments, which are in the order of their principals."""
        return page_of_list(
            rows,
            key=lambda row: row["principal"],
            size=size,
            token=params["page_token"],
            bound_to=f"{self.request.path} {params.get('principal')} for {self.actor.principal.pk}",
        )


class Permissions(PermissionsView):
    @asks(wire.OfPrincipal)
    def get(self, params: Params, securable_type: str, full_name: str) -> wire.PermissionsList:
        rows = self.direct(params, self.securable(securable_type, full_name))
        some, token = self.cut(rows, params["max_results"] or len(rows) or 1, params)
        return {"privilege_assignments": list(some), "next_page_token": token}

    @asks(UpdatePermissions)
    def patch(self, params: Params, securable_type: str, full_name: str) -> wire.PermissionsList:
        securable = self.securable(securable_type, full_name)
        grants.update_grants(actor=self.actor, securable=securable, changes=grant_changes(params))
        if params["omit_permissions_in_response"]:
            return {"privilege_assignments": []}
        rows = grants.list_grants(actor=self.actor, securable=securable)
        return {"privilege_assignments": wire.grants(rows, dialect.of_changes(self.request))}


class EffectivePermissions(PermissionsView):
    @asks(wire.OfPrincipal)
    def get(self, params: Params, securable_type: str, full_name: str) -> wire.EffectivePermissionsList:
        rows = self.effective(params, self.securable(securable_type, full_name))
        some, token = self.cut(rows, params["max_results"] or len(rows) or 1, params)
        return {"privilege_assignments": list(some), "next_page_token": token}


class PrivilegeAssignments(PermissionsView):
    @asks(wire.AssignmentPage)
    def get(self, params: Params, securable_type: str, full_name: str) -> wire.PermissionsList:
        """List the direct grants, in pages: what databricks-sdk's `grants.list` asks for."""
        rows = self.direct(params, self.securable(securable_type, full_name))
        some, token = self.cut(rows, params["page_size"] or wire.PAGE, params)
        return {"privilege_assignments": list(some), "next_page_token": token}


class EffectivePrivilegeAssignments(PermissionsView):
    @asks(wire.AssignmentPage)
    def get(self, params: Params, securable_type: str, full_name: str) -> wire.EffectiveAssignmentsList:
        """List direct and inherited grants, in pages: what databricks-sdk's `grants.list_effective` asks for."""
        rows = self.effective(params, self.securable(securable_type, full_name))
        some, token = self.cut(rows, params["page_size"] or wire.PAGE, params)
        return {"effective_privilege_assignments": list(some), "next_page_token": token}


def _principal(params: dict[str, Any]) -> grants.Principal | None:
    """The principal that is asked about, if one is."""
    name = params.get("principal")
    return find_principal(name) if name else None
