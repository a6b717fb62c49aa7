"""``/api/2.0/permissions/experiments/<id>``: as databricks-sdk's `w.permissions` and `w.experiments` ask."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypedDict

from django.contrib.auth.models import Group
from rest_framework import serializers

from accounts.models import User
from registry.api.base import Params, asks
from registry.api.fields import Items, TextField
from registry.models import Experiment
from registry.privileges import Privilege
from registry.tracking import permissions
from registry.tracking.api.views import ExperimentView
from registry.tracking.permissions import Level

_ENTRIES = 1_000
_WORDS = {
    Privilege.CAN_READ: "Can view the experiment, its runs and their files",
    Privilege.CAN_EDIT: "Can log runs, and change and delete them",
    Privilege.CAN_MANAGE: "Can rename and delete the experiment, and change permissions",
}


class Entry(serializers.Serializer[Any]):
    user_name = TextField(default="", allow_null=True, max_length=255)
    group_name = TextField(default="", allow_null=True, max_length=255)
    service_principal_name = TextField(default="", allow_null=True, max_length=255)
    permission_level = serializers.ChoiceField(choices=[str(level) for level in permissions.LEVELS])

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        names = [attrs[name] for name in ("user_name", "group_name", "service_principal_name") if attrs[name]]
        if len(names) != 1:
            raise serializers.ValidationError("An entry names one user, group or service principal.")
        return {"name": names[0], "level": Privilege(attrs["permission_level"])}


class AccessControlList(serializers.Serializer[Any]):
    access_control_list = Items(Entry(), default=list, max_length=_ENTRIES)


class PermissionAnswer(TypedDict):
    permission_level: str
    inherited: bool


class EntryAnswer(TypedDict, total=False):
    user_name: str
    group_name: str
    service_principal_name: str
    display_name: str
    all_permissions: list[PermissionAnswer]


class PermissionsAnswer(TypedDict):
    object_id: str
    object_type: str
    access_control_list: list[EntryAnswer]


class LevelAnswer(TypedDict):
    permission_level: str
    description: str


class LevelsAnswer(TypedDict):
    permission_levels: list[LevelAnswer]


class Permissions(ExperimentView):
    @asks()
    def get(self, experiment_id: int) -> PermissionsAnswer:
        return self.answer(self.experiment({"experiment_id": experiment_id}))

    @asks(AccessControlList)
    def put(self, params: Params, experiment_id: int) -> PermissionsAnswer:
        """Replace all levels."""
        row = self.experiment({"experiment_id": experiment_id})
        permissions.set_levels(actor=self.actor, experiment=row, levels=_levels(params))
        return self.answer(row)

    @asks(AccessControlList)
    def patch(self, params: Params, experiment_id: int) -> PermissionsAnswer:
        """Change the levels of the named principals."""
        row = self.experiment({"experiment_id": experiment_id})
        permissions.update_levels(actor=self.actor, experiment=row, levels=_levels(params))
        return self.answer(row)

    def answer(self, row: Experiment) -> PermissionsAnswer:
        levels = permissions.list_levels(actor=self.actor, experiment=row)
        return {
            "object_id": f"/experiments/{row.experiment_id}",
            "object_type": "mlflowExperiment",
            "access_control_list": [_entry(principal, level) for principal, level in levels],
        }


class PermissionLevels(ExperimentView):
    @asks()
    def get(self, experiment_id: int) -> LevelsAnswer:
        self.experiment({"experiment_id": experiment_id})
        return {
            "permission_levels": [
                {"permission_level": str(level), "description": words} for level, words in _WORDS.items()
            ]
        }


def _levels(params: Params) -> Iterator[Level]:
    return ((entry["name"], entry["level"]) for entry in params["access_control_list"])


def _entry(principal: User | Group, level: Privilege) -> EntryAnswer:
    held: list[PermissionAnswer] = [{"permission_level": str(level), "inherited": False}]
    if isinstance(principal, Group):
        return {"group_name": principal.name, "all_permissions": held}
    shown = principal.display_name or principal.user_name
    if principal.kind == User.Kind.SERVICE_PRINCIPAL:
        return {"service_principal_name": principal.user_name, "display_name": shown, "all_permissions": held}
    return {"user_name": principal.user_name, "display_name": shown, "all_permissions": held}
