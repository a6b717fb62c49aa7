"""What a crawler asks of each schema besides its models, and the bindings of catalogs to the one workspace."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from registry.api.base import Params, asks
from registry.api.discovery import workspace_id
from registry.api.unity_catalog.serializers import elsewhere as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.exceptions import InvalidParameterValue
from registry.services.shared import finders


class EmptyList(DialectView):
    def require_schema(self, params: Params) -> None:
        """Raise DoesNotExist for a schema that the caller can't see."""
        finders.get_schema(actor=self.actor, catalog=params["catalog_name"], name=params["schema_name"])


class Volumes(EmptyList):
    @asks(wire.InSchema)
    def get(self, params: Params) -> wire.VolumeList:
        self.require_schema(params)
        return {"volumes": []}


class Functions(EmptyList):
    @asks(wire.InSchema)
    def get(self, params: Params) -> wire.FunctionList:
        self.require_schema(params)
        return {"functions": []}


class Bindings(DialectView):
    """List the bindings of a catalog: it is bound to this workspace, the only one, for reading and writing."""

    def bindings(self, securable_type: str, full_name: str) -> wire.BindingList:
        self.securable(securable_type, full_name)
        return {"bindings": [{"workspace_id": int(workspace_id()), "binding_type": "BINDING_TYPE_READ_WRITE"}]}

    @asks()
    def get(self, securable_type: str, full_name: str) -> wire.BindingList:
        return self.bindings(securable_type, full_name)

    @asks(wire.UpdateBindings)
    def patch(self, params: Params, securable_type: str, full_name: str) -> wire.BindingList:
        bound = self.bindings(securable_type, full_name)
        if any(binding["binding_type"] != "BINDING_TYPE_READ_WRITE" for binding in params["add"]):
            raise InvalidParameterValue("binding_type is BINDING_TYPE_READ_WRITE here.")
        _require_as_it_is((binding["workspace_id"] for binding in params["add"]), params["remove"])
        return bound


class CatalogWorkspaces(DialectView):
    """Return the same in the older form."""

    @asks()
    def get(self, name: str) -> wire.WorkspaceList:
        finders.get_catalog(actor=self.actor, name=name)
        return {"workspaces": [int(workspace_id())]}

    @asks(wire.UpdateWorkspaces)
    def patch(self, params: Params, name: str) -> wire.WorkspaceList:
        finders.get_catalog(actor=self.actor, name=name)
        _require_as_it_is(params["assign_workspaces"], params["unassign_workspaces"])
        return {"workspaces": [int(workspace_id())]}


def _require_as_it_is(added: Iterable[int], removed: Sequence[object]) -> None:
    """Refuse what would bind a catalog to anything but this workspace."""
    here = int(workspace_id())
    if any(workspace != here for workspace in added) or removed:
        raise InvalidParameterValue(f"Catalogs are bound to the workspace {here}, and to no other: there is only one.")
