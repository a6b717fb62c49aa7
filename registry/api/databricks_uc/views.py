"""The `databricks-uc` dialect in its default form, ``/api/2.0/mlflow/unity-catalog/…``: parse, one service, answer."""

from __future__ import annotations

from django.conf import settings

from registry.api import mlflow_messages as messages
from registry.api import mlflow_views as shared
from registry.api.base import ApiView, Asked, Nothing, asks
from registry.api.databricks_uc import serializers as wire
from registry.api.fields import PageFields, tags_of
from registry.api.registry_view import RegistryView, origin_of
from registry.models import ModelVersion, RegisteredModel
from registry.models.lineage import LineageEdge
from registry.search import keys_of
from registry.services.hierarchy import model_versions, registered_models
from registry.services.metadata import aliases
from registry.services.shared import finders
from registry.services.versions import lineage


class ArtifactRoute(ApiView):
    """How MLflow is to transfer artifacts. It asks before every transfer, so nothing is looked up."""

    authentication_classes = ()
    permission_classes = ()

    @asks()
    def get(self) -> wire.ArtifactRouteAnswer:
        return {"is_databricks_sdk_models_artifact_repository_enabled": settings.ARTIFACT_ROUTE == "files"}


class UnityCatalogView(RegistryView):
    def answer(self, version: ModelVersion) -> wire.ModelVersionAnswer:
        return {"model_version": wire.model_version(version, self.source_of(version))}


class CreateRegisteredModel(UnityCatalogView):
    @asks(messages.CreateRegisteredModel)
    def post(self, asked: Asked) -> wire.RegisteredModelAnswer:
        model = registered_models.create_registered_model(
            actor=self.actor,
            full_name=asked["name"],
            comment=asked["description"] or "",
            model_tags=tags_of(asked["tags"]),
            deployment_job_id=asked["deployment_job_id"],
        )
        return {"registered_model": messages.registered_model(model)}


class UpdateRegisteredModel(UnityCatalogView):
    @asks(messages.UpdateRegisteredModel)
    def patch(self, asked: Asked) -> wire.RegisteredModelAnswer:
        model = registered_models.update_registered_model(
            actor=self.actor,
            model=self.model(asked["name"]),
            new_name=asked.get("new_name") or None,
            comment=asked.get("description"),
            deployment_job_id=asked.get("deployment_job_id"),
        )
        return {"registered_model": messages.registered_model(model)}


class GetRegisteredModel(UnityCatalogView):
    @asks(messages.ModelName)
    def get(self, asked: Asked) -> wire.RegisteredModelAnswer:
        model = finders.read_registered_model(actor=self.actor, full_name=asked["name"])
        return {"registered_model": messages.registered_model(model)}


class SearchRegisteredModels(UnityCatalogView):
    @asks(PageFields)
    def get(self, asked: Asked) -> wire.RegisteredModelsAnswer:
        models = registered_models.list_registered_models(actor=self.actor)
        found, token = self.page_of_models(models, asked, keys=keys_of(RegisteredModel, ()))
        return {"registered_models": [messages.registered_model(m) for m in found], "next_page_token": token}


class CreateModelVersion(UnityCatalogView):
    @asks(wire.CreateModelVersion)
    def post(self, asked: Asked) -> wire.ModelVersionAnswer:
        version = model_versions.create_model_version(
            actor=self.actor,
            model=self.model(asked["name"]),
            origin=origin_of(asked, [dict(dependency) for dependency in asked["model_version_dependencies"]]),
            comment=asked["description"] or "",
            version_tags=tags_of(asked["tags"]),
        )
        self.record_header(version, LineageEdge.Direction.UPSTREAM)
        return self.answer(version)


class UpdateModelVersion(UnityCatalogView):
    @asks(messages.UpdateModelVersion)
    def patch(self, asked: Asked) -> wire.ModelVersionAnswer:
        version = model_versions.update_model_version(
            actor=self.actor,
            version=self.version(asked["name"], asked["version"]),
            comment=asked.get("description"),
        )
        return self.answer(version)


class GetModelVersion(UnityCatalogView):
    @asks(messages.VersionName)
    def get(self, asked: Asked) -> wire.ModelVersionAnswer:
        version = self.readable_version(asked["name"], asked["version"])
        return self.answer(version)


class SearchModelVersions(UnityCatalogView):
    @asks(wire.SearchModelVersions)
    def get(self, asked: Asked) -> wire.ModelVersionsAnswer:
        versions = model_versions.list_model_versions(actor=self.actor, where=asked["filter"])
        found, token = self.page_of_versions(versions, asked, keys=("-pk",), about=asked["filter"])
        sources = model_versions.sources_of(actor=self.actor, versions=found)
        messages = [wire.model_version(version, sources[version.pk]) for version in found]
        return {"model_versions": messages, "next_page_token": token}


class GenerateTemporaryCredentials(UnityCatalogView):
    @asks(wire.Credentials)
    def post(self, asked: Asked) -> wire.CredentialsAnswer:
        version = self.version(asked["name"], asked["version"])
        return {"credentials": self.vend(version, write=asked["operation"] == "MODEL_VERSION_OPERATION_READ_WRITE")}


class GetDownloadUri(UnityCatalogView):
    @asks(messages.VersionName)
    def get(self, asked: Asked) -> wire.DownloadUriAnswer:
        version = self.readable_version(asked["name"], asked["version"])
        return {"artifact_uri": version.storage_location}


class FinalizeModelVersion(UnityCatalogView):
    @asks(wire.FinalizeModelVersion)
    def post(self, asked: Asked) -> wire.ModelVersionAnswer:
        """Declare a version ready, if it is as the manifest says that may be sent."""
        version = model_versions.finalize_model_version(
            actor=self.actor, version=self.version(asked["name"], asked["version"]), manifest=asked.get("manifest")
        )
        return self.answer(version)


class RegisteredModelAlias(UnityCatalogView, shared.RegisteredModelAlias):
    @asks(messages.AliasName)
    def get(self, asked: Asked) -> wire.ModelVersionAnswer:
        version = aliases.get_model_version_by_alias(actor=self.actor, full_name=asked["name"], alias=asked["alias"])
        return self.answer(version)


class EmitModelVersionLineage(UnityCatalogView):
    @asks(wire.EmitLineage)
    def post(self, asked: Asked) -> Nothing:
        version, told = self.version(asked["name"], asked["version"]), asked["model_version_lineage_info"]
        upstream = told.get("direction") in ("UPSTREAM", 0)
        lineage.record_lineage(
            actor=self.actor,
            version=version,
            entities=lineage.read_entities(told),
            direction=LineageEdge.Direction.UPSTREAM if upstream else LineageEdge.Direction.DOWNSTREAM,
        )
        return {}
