"""Endpoints that are the same in both of MLflow's dialects: deletions, aliases, tags."""

from __future__ import annotations

from registry.api import mlflow_messages as wire
from registry.api.base import Nothing, Params, asks
from registry.api.registry_view import RegistryView
from registry.services.hierarchy import model_versions, registered_models
from registry.services.labels import tags
from registry.services.metadata import aliases


class DeleteRegisteredModel(RegistryView):
    @asks(wire.ModelName)
    def delete(self, params: Params) -> Nothing:
        registered_models.delete_registered_model(actor=self.actor, model=self.model(params["name"]))
        return {}


class DeleteModelVersion(RegistryView):
    @asks(wire.VersionName)
    def delete(self, params: Params) -> Nothing:
        version = self.version(params["name"], params["version"])
        model_versions.delete_model_version(actor=self.actor, version=version)
        return {}


class SetRegisteredModelTag(RegistryView):
    @asks(wire.ModelTag)
    def post(self, params: Params) -> Nothing:
        model = self.model(params["name"])
        tags.set_tag(actor=self.actor, subject=model, key=params["key"], value=params["value"])
        return {}


class DeleteRegisteredModelTag(RegistryView):
    @asks(wire.ModelTagKey)
    def delete(self, params: Params) -> Nothing:
        tags.delete_tag(actor=self.actor, subject=self.model(params["name"]), key=params["key"])
        return {}


class SetModelVersionTag(RegistryView):
    @asks(wire.VersionTag)
    def post(self, params: Params) -> Nothing:
        version = self.version(params["name"], params["version"])
        tags.set_tag(actor=self.actor, subject=version, key=params["key"], value=params["value"])
        return {}


class DeleteModelVersionTag(RegistryView):
    @asks(wire.VersionTagKey)
    def delete(self, params: Params) -> Nothing:
        version = self.version(params["name"], params["version"])
        tags.delete_tag(actor=self.actor, subject=version, key=params["key"])
        return {}


class RegisteredModelAlias(RegistryView):
    @asks(wire.SetAlias)
    def post(self, params: Params) -> Nothing:
        aliases.set_registered_model_alias(
            actor=self.actor, model=self.model(params["name"]), alias=params["alias"], version=params["version"]
        )
        return {}

    @asks(wire.AliasName)
    def delete(self, params: Params) -> Nothing:
        aliases.delete_registered_model_alias(actor=self.actor, model=self.model(params["name"]), alias=params["alias"])
        return {}
