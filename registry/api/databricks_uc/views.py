"""The `databricks-uc` dialect in its default form, ``/api/2.0/mlflow/unity-catalog/…``: parse, one service, answer."""

from __future__ import annotations

import re

from django.conf import settings

from registry.api import mlflow_messages as messages
from registry.api import mlflow_views as shared
from registry.api.base import ApiView, Nothing, Params, asks
from registry.api.databricks_uc import serializers as wire
from registry.api.fields import PageFields, tags_of
from registry.api.registry_view import RegistryView, origin_of
from registry.exceptions import InvalidState
from registry.models import ModelVersion, RegisteredModel
from registry.search import keys_of
from registry.services.hierarchy import model_versions, registered_models
from registry.services.metadata import aliases
from registry.services.shared import finders
from registry.services.shared.graph import Direction
from registry.services.versions import lineage, lineage_words

FLOOR = (2, 13)
"""The first release of MLflow whose client transfers files by signed URLs."""
_MLFLOW = re.compile(r"mlflow-python-client/(\d{1,3})\.(\d{1,3})")


def _require_able(agent: str) -> None:
    """Raise InvalidState for a client that would not understand the answer, and fail with an unclear error."""
    found = _MLFLOW.match(agent)
    if found and (int(found[1]), int(found[2])) < FLOOR:
        raise InvalidState(
            f"MLflow {found[1]}.{found[2]} cannot transfer files with this server: its client supports only "
            f"cloud storage. Use MLflow {FLOOR[0]}.{FLOOR[1]} or a newer one."
        )


class ArtifactRoute(ApiView):
    """Return how MLflow should transfer artifacts. It asks before every transfer, so nothing is looked up."""

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
    def post(self, params: Params) -> wire.RegisteredModelAnswer:
        model = registered_models.create_registered_model(
            actor=self.actor,
            full_name=params["name"],
            comment=params["description"] or "",
            model_tags=tags_of(params["tags"]),
            deployment_job_id=params["deployment_job_id"],
        )
        return {"registered_model": messages.registered_model(model)}


class UpdateRegisteredModel(UnityCatalogView):
    @asks(messages.UpdateRegisteredModel)
    def patch(self, params: Params) -> wire.RegisteredModelAnswer:
        model = registered_models.update_registered_model(
            actor=self.actor,
            model=self.model(params["name"]),
            new_name=params.get("new_name") or None,
            comment=params.get("description"),
            deployment_job_id=params.get("deployment_job_id"),
        )
        return {"registered_model": messages.registered_model(model)}


class GetRegisteredModel(UnityCatalogView):
    @asks(messages.ModelName)
    def get(self, params: Params) -> wire.RegisteredModelAnswer:
        model = finders.read_registered_model(actor=self.actor, full_name=params["name"])
        return {"registered_model": messages.registered_model(model)}


class SearchRegisteredModels(UnityCatalogView):
    @asks(PageFields)
    def get(self, params: Params) -> wire.RegisteredModelsAnswer:
        rows = registered_models.list_registered_models(actor=self.actor)
        models, token = self.page_of_models(rows, params, keys=keys_of(RegisteredModel, ()))
        return {"registered_models": [messages.registered_model(m) for m in models], "next_page_token": token}


class CreateModelVersion(UnityCatalogView):
    @asks(wire.CreateModelVersion)
    def post(self, params: Params) -> wire.ModelVersionAnswer:
        version = model_versions.create_model_version(
            actor=self.actor,
            model=self.model(params["name"]),
            origin=origin_of(params, [dict(dependency) for dependency in params["model_version_dependencies"]]),
            comment=params["description"] or "",
            version_tags=tags_of(params["tags"]),
        )
        self.record_header(version, Direction.UPSTREAM)
        return self.answer(version)


class UpdateModelVersion(UnityCatalogView):
    @asks(messages.UpdateModelVersion)
    def patch(self, params: Params) -> wire.ModelVersionAnswer:
        version = model_versions.update_model_version(
            actor=self.actor,
            version=self.version(params["name"], params["version"]),
            comment=params.get("description"),
        )
        return self.answer(version)


class GetModelVersion(UnityCatalogView):
    @asks(messages.VersionName)
    def get(self, params: Params) -> wire.ModelVersionAnswer:
        version = self.readable_version(params["name"], params["version"])
        return self.answer(version)


class SearchModelVersions(UnityCatalogView):
    @asks(wire.SearchModelVersions)
    def get(self, params: Params) -> wire.ModelVersionsAnswer:
        rows = model_versions.list_model_versions(actor=self.actor, where=params["filter"])
        versions, token = self.page_of_versions(rows, params, keys=("-pk",), about=params["filter"])
        sources = model_versions.sources_of(actor=self.actor, versions=versions)
        messages = [wire.model_version(version, sources[version.pk]) for version in versions]
        return {"model_versions": messages, "next_page_token": token}


class GenerateTemporaryCredentials(UnityCatalogView):
    @asks(wire.Credentials)
    def post(self, params: Params) -> wire.CredentialsAnswer:
        _require_able(self.request.headers.get("User-Agent", ""))
        version = self.version(params["name"], params["version"])
        return {"credentials": self.vend(version, write=params["operation"] == "MODEL_VERSION_OPERATION_READ_WRITE")}


class GetDownloadUri(UnityCatalogView):
    @asks(messages.VersionName)
    def get(self, params: Params) -> wire.DownloadUriAnswer:
        version = self.readable_version(params["name"], params["version"])
        return {"artifact_uri": version.storage_location}


class FinalizeModelVersion(UnityCatalogView):
    @asks(wire.FinalizeModelVersion)
    def post(self, params: Params) -> wire.ModelVersionAnswer:
        """Declare a version ready, if it matches the manifest, which is optional."""
        version = model_versions.finalize_model_version(
            actor=self.actor, version=self.version(params["name"], params["version"]), manifest=params.get("manifest")
        )
        return self.answer(version)


class RegisteredModelAlias(UnityCatalogView, shared.RegisteredModelAlias):
    @asks(messages.AliasName)
    def get(self, params: Params) -> wire.ModelVersionAnswer:
        version = aliases.get_model_version_by_alias(actor=self.actor, full_name=params["name"], alias=params["alias"])
        return self.answer(version)


class EmitModelVersionLineage(UnityCatalogView):
    @asks(wire.EmitLineage)
    def post(self, params: Params) -> Nothing:
        version, info = self.version(params["name"], params["version"]), params["model_version_lineage_info"]
        upstream = info.get("direction") in ("UPSTREAM", 0)
        lineage.record_lineage(
            actor=self.actor,
            version=version,
            entities=lineage_words.read_entities(info),
            direction=Direction.UPSTREAM if upstream else Direction.DOWNSTREAM,
        )
        return {}
