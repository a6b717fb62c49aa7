"""Endpoints that are the same in both of MLflow's dialects: deletions, aliases, tags."""

from __future__ import annotations

from registry.api import mlflow_messages as wire
from registry.api.base import Asked, Nothing, asks
from registry.api.registry_view import RegistryView
from registry.services.hierarchy import model_versions, registered_models
from registry.services.labels import tags
from registry.services.metadata import aliases


class DeleteRegisteredModel(RegistryView):
    @asks(wire.ModelName)
    def delete(self, asked: Asked) -> Nothing:
        registered_models.delete_registered_model(actor=self.actor, model=self.model(asked["name"]))
        return {}


class DeleteModelVersion(RegistryView):
    @asks(wire.VersionName)
    def delete(self, asked: Asked) -> Nothing:
        version = self.version(asked["name"], asked["version"])
        model_versions.delete_model_version(actor=self.actor, version=version)
        return {}


class SetRegisteredModelTag(RegistryView):
    @asks(wire.ModelTag)
    def post(self, asked: Asked) -> Nothing:
        model = self.model(asked["name"])
        tags.set_tag(actor=self.actor, subject=model, key=asked["key"], value=asked["value"])
        return {}


class DeleteRegisteredModelTag(RegistryView):
    @asks(wire.ModelTagKey)
    def delete(self, asked: Asked) -> Nothing:
        tags.delete_tag(actor=self.actor, subject=self.model(asked["name"]), key=asked["key"])
        return {}


class SetModelVersionTag(RegistryView):
    @asks(wire.VersionTag)
    def post(self, asked: Asked) -> Nothing:
        version = self.version(asked["name"], asked["version"])
        tags.set_tag(actor=self.actor, subject=version, key=asked["key"], value=asked["value"])
        return {}


class DeleteModelVersionTag(RegistryView):
    @asks(wire.VersionTagKey)
    def delete(self, asked: Asked) -> Nothing:
        version = self.version(asked["name"], asked["version"])
        tags.delete_tag(actor=self.actor, subject=version, key=asked["key"])
        return {}


class RegisteredModelAlias(RegistryView):
    @asks(wire.SetAlias)
    def post(self, asked: Asked) -> Nothing:
        aliases.set_registered_model_alias(
            actor=self.actor, model=self.model(asked["name"]), alias=asked["alias"], version=asked["version"]
        )
        return {}

    @asks(wire.AliasName)
    def delete(self, asked: Asked) -> Nothing:
        aliases.delete_registered_model_alias(actor=self.actor, model=self.model(asked["name"]), alias=asked["alias"])
        return {}
