"""The `databricks-uc` dialect in its default form, ``/api/2.0/mlflow/unity-catalog/…``: parse, one service, answer."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from registry.api.base import ApiView
from registry.api.databricks_uc import serializers as wire
from registry.api.fields import PageFields, milliseconds, tags_of
from registry.api.paging import clamp, page
from registry.models import ModelVersion, RegisteredModel
from registry.models.lineage import LineageEdge
from registry.names import FullName
from registry.search.filters import model_version_filter
from registry.services import aliases, artifacts, lineage, model_versions, registered_models, tags

LINEAGE_HEADER = "X-Databricks-Lineage-Identifier"


def artifact_route(request: HttpRequest) -> JsonResponse:
    """Tell MLflow to transfer artifacts by signed URLs. It asks before every transfer: nothing is looked up."""
    return JsonResponse({"is_databricks_sdk_models_artifact_repository_enabled": False})


class UnityCatalogView(ApiView):
    def model(self, full_name: FullName) -> RegisteredModel:
        return registered_models.get_registered_model(actor=self.actor, full_name=full_name)

    def version(self, full_name: FullName, number: int) -> ModelVersion:
        return model_versions.get_model_version(actor=self.actor, model=self.model(full_name), version=number)

    def answer(self, version: ModelVersion) -> Response:
        sources = model_versions.sources_of(actor=self.actor, versions=[version])
        return Response({"model_version": wire.model_version(version, sources[version.pk])})

    def record_header(self, version: ModelVersion, direction: LineageEdge.Direction) -> None:
        """Keep what the lineage header of this request tells, if there is one."""
        if entities := lineage.read_header(self.request.headers.get(LINEAGE_HEADER, "")):
            lineage.record_lineage(actor=self.actor, version=version, entities=entities, direction=direction)


class CreateRegisteredModel(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.CreateRegisteredModel)
        model = registered_models.create_registered_model(
            actor=self.actor,
            full_name=asked["name"],
            comment=asked["description"] or "",
            model_tags=tags_of(asked["tags"]),
            deployment_job_id=asked["deployment_job_id"],
        )
        return Response({"registered_model": wire.registered_model(model)})


class UpdateRegisteredModel(UnityCatalogView):
    def patch(self, request: Request) -> Response:
        asked = self.parse(wire.UpdateRegisteredModel)
        model = registered_models.update_registered_model(
            actor=self.actor,
            model=self.model(asked["name"]),
            new_name=asked.get("new_name") or None,
            comment=asked.get("description"),
            deployment_job_id=asked.get("deployment_job_id"),
        )
        return Response({"registered_model": wire.registered_model(model)})


class DeleteRegisteredModel(UnityCatalogView):
    def delete(self, request: Request) -> Response:
        asked = self.parse(wire.ModelName)
        registered_models.delete_registered_model(actor=self.actor, model=self.model(asked["name"]))
        return Response({})


class GetRegisteredModel(UnityCatalogView):
    def get(self, request: Request) -> Response:
        asked = self.parse(wire.ModelName)
        model = registered_models.read_registered_model(actor=self.actor, full_name=asked["name"])
        return Response({"registered_model": wire.registered_model(model)})


class SearchRegisteredModels(UnityCatalogView):
    def get(self, request: Request) -> Response:
        asked = self.parse(PageFields)
        found, token = page(
            registered_models.list_registered_models(actor=self.actor).prefetch_related(
                "aliases__model_version", "tags"
            ),
            keys=("schema__catalog__name", "schema__name", "name"),
            size=clamp(asked.get("max_results"), default=100, most=1000),
            token=asked["page_token"],
            bound_to=f"registered models for {self.actor.principal.pk}",
        )
        return Response({"registered_models": [wire.registered_model(m) for m in found], "next_page_token": token})


class CreateModelVersion(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.CreateModelVersion)
        version = model_versions.create_model_version(
            actor=self.actor,
            model=self.model(asked["name"]),
            origin=_origin(asked),
            comment=asked["description"] or "",
            version_tags=tags_of(asked["tags"]),
        )
        self.record_header(version, LineageEdge.Direction.UPSTREAM)
        return self.answer(version)


class UpdateModelVersion(UnityCatalogView):
    def patch(self, request: Request) -> Response:
        asked = self.parse(wire.UpdateModelVersion)
        version = model_versions.update_model_version(
            actor=self.actor,
            version=self.version(asked["name"], asked["version"]),
            comment=asked.get("description"),
        )
        return self.answer(version)


class DeleteModelVersion(UnityCatalogView):
    def delete(self, request: Request) -> Response:
        asked = self.parse(wire.VersionName)
        version = self.version(asked["name"], asked["version"])
        model_versions.delete_model_version(actor=self.actor, version=version)
        return Response({})


class GetModelVersion(UnityCatalogView):
    def get(self, request: Request) -> Response:
        asked = self.parse(wire.VersionName)
        model = self.model(asked["name"])
        version = model_versions.read_model_version(actor=self.actor, model=model, version=asked["version"])
        return self.answer(version)


class SearchModelVersions(UnityCatalogView):
    def get(self, request: Request) -> Response:
        asked = self.parse(wire.SearchModelVersions)
        versions = model_versions.list_model_versions(actor=self.actor).filter(model_version_filter(asked["filter"]))
        found, token = page(
            versions.prefetch_related("aliases", "tags"),
            keys=("-pk",),
            size=clamp(asked.get("max_results"), default=10_000, most=10_000),
            token=asked["page_token"],
            bound_to=f"model versions for {self.actor.principal.pk} where {asked['filter']}",
        )
        sources = model_versions.sources_of(actor=self.actor, versions=found)
        messages = [wire.model_version(version, sources[version.pk]) for version in found]
        return Response({"model_versions": messages, "next_page_token": token})


class GenerateTemporaryCredentials(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.Credentials)
        version = self.version(asked["name"], asked["version"])
        write = asked["operation"] == "MODEL_VERSION_OPERATION_READ_WRITE"
        artifacts.vend_credential(actor=self.actor, version=version, write=write)
        if not write:
            self.record_header(version, LineageEdge.Direction.DOWNSTREAM)
        expires = timezone.now() + settings.SIGNED_URL_LIFETIME
        # DEFAULT_STORAGE makes the client ask for one signed URL per file; no credential of the storage leaves us.
        credentials = {"expiration_time": milliseconds(expires), "storage_mode": "DEFAULT_STORAGE"}
        return Response({"credentials": credentials})


class GetDownloadUri(UnityCatalogView):
    def get(self, request: Request) -> Response:
        asked = self.parse(wire.VersionName)
        model = self.model(asked["name"])
        version = model_versions.read_model_version(actor=self.actor, model=model, version=asked["version"])
        return Response({"artifact_uri": version.storage_location})


class FinalizeModelVersion(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.VersionName)
        version = self.version(asked["name"], asked["version"])
        version = model_versions.finalize_model_version(actor=self.actor, version=version)
        return self.answer(version)


class RegisteredModelAlias(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.SetAlias)
        aliases.set_registered_model_alias(
            actor=self.actor, model=self.model(asked["name"]), alias=asked["alias"], version=asked["version"]
        )
        return Response({})

    def delete(self, request: Request) -> Response:
        asked = self.parse(wire.AliasName)
        aliases.delete_registered_model_alias(actor=self.actor, model=self.model(asked["name"]), alias=asked["alias"])
        return Response({})

    def get(self, request: Request) -> Response:
        asked = self.parse(wire.AliasName)
        version = aliases.get_model_version_by_alias(
            actor=self.actor, model=self.model(asked["name"]), alias=asked["alias"]
        )
        return self.answer(version)


class SetRegisteredModelTag(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.ModelTag)
        model = self.model(asked["name"])
        tags.set_tag(actor=self.actor, subject=model, key=asked["key"], value=asked["value"])
        return Response({})


class DeleteRegisteredModelTag(UnityCatalogView):
    def delete(self, request: Request) -> Response:
        asked = self.parse(wire.ModelTagKey)
        tags.delete_tag(actor=self.actor, subject=self.model(asked["name"]), key=asked["key"])
        return Response({})


class SetModelVersionTag(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.VersionTag)
        version = self.version(asked["name"], asked["version"])
        tags.set_tag(actor=self.actor, subject=version, key=asked["key"], value=asked["value"])
        return Response({})


class DeleteModelVersionTag(UnityCatalogView):
    def delete(self, request: Request) -> Response:
        asked = self.parse(wire.VersionTagKey)
        version = self.version(asked["name"], asked["version"])
        tags.delete_tag(actor=self.actor, subject=version, key=asked["key"])
        return Response({})


class EmitModelVersionLineage(UnityCatalogView):
    def post(self, request: Request) -> Response:
        asked = self.parse(wire.EmitLineage)
        version, told = self.version(asked["name"], asked["version"]), asked["model_version_lineage_info"]
        upstream = told.get("direction") in ("UPSTREAM", 0)
        lineage.record_lineage(
            actor=self.actor,
            version=version,
            entities=lineage.read_entities(told),
            direction=LineageEdge.Direction.UPSTREAM if upstream else LineageEdge.Direction.DOWNSTREAM,
        )
        return Response({})


def _origin(asked: dict[str, Any]) -> model_versions.Origin:
    return model_versions.Origin(
        source=asked["source"],
        run_id=asked["run_id"],
        run_tracking_server_id=asked["run_tracking_server_id"],
        model_id=asked["model_id"],
        feature_deps=asked["feature_deps"],
        dependencies=[dict(dependency) for dependency in asked["model_version_dependencies"]],
    )
