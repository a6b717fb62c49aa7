"""Plain MLflow's model registry, ``/api/2.0/mlflow/…``: parse, one service, answer.

Endpoints with the same messages in `databricks-uc` (aliases set, tags, deletions) are in ``registry.api.mlflow_views``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, NoReturn

import orjson
from django.conf import settings
from django.urls import reverse

from registry.api import mlflow_messages as messages
from registry.api import mlflow_views as shared
from registry.api.base import Params, asks
from registry.api.fields import tags_of
from registry.api.mlflow_rest import serializers as wire
from registry.api.registry_view import RegistryView
from registry.exceptions import InvalidParameterValue
from registry.http.waiting import WAITING, Waiting
from registry.models import Job, ModelVersion, RegisteredModel
from registry.search import keys_of
from registry.services.hierarchy import model_versions, registered_models
from registry.services.hierarchy.latest import latest_versions
from registry.services.metadata import aliases
from registry.services.shared import finders
from registry.services.versions import copies, jobs, registrations


class MlflowView(RegistryView):
    takes_short_names = True

    def answer(self, version: ModelVersion) -> wire.ModelVersionAnswer:
        return {"model_version": wire.model_version(version, self.source_of(version))}

    def messages(self, models: Sequence[RegisteredModel]) -> list[wire.RegisteredModelMessage]:
        """RegisteredModel messages, each with the model's latest version."""
        latest = latest_versions(models)
        sources = model_versions.sources_of(actor=self.actor, versions=list(latest.values()))
        written = {key: [wire.model_version(row, sources[row.pk])] for key, row in latest.items()}
        return [wire.registered_model(model, written.get(model.pk, [])) for model in models]

    def wanted(self, params: Params) -> dict[str, Any]:
        """What a search asks the services, in which the names of a filter may be short."""
        return {"actor": self.actor, "where": params["filter"], "namespace": self.namespace}

    def answer_model(self, model: RegisteredModel) -> wire.RegisteredModelAnswer:
        return {"registered_model": self.messages([model])[0]}


class CreateRegisteredModel(MlflowView):
    @asks(messages.CreateRegisteredModel)
    def post(self, params: Params) -> wire.RegisteredModelAnswer:
        model = registered_models.create_registered_model(
            actor=self.actor,
            full_name=params["name"],
            comment=params["description"] or "",
            model_tags=tags_of(params["tags"]),
            deployment_job_id=params["deployment_job_id"],
        )
        return self.answer_model(model)


class RenameRegisteredModel(MlflowView):
    @asks(wire.RenameRegisteredModel)
    def post(self, params: Params) -> wire.RegisteredModelAnswer:
        model = self.model(params["name"])
        new_name = self.completed(params["new_name"]) if "." in params["new_name"] else params["new_name"]
        model = registered_models.update_registered_model(actor=self.actor, model=model, new_name=new_name)
        return self.answer_model(model)


class UpdateRegisteredModel(MlflowView):
    @asks(messages.UpdateRegisteredModel)
    def patch(self, params: Params) -> wire.RegisteredModelAnswer:
        model = registered_models.update_registered_model(
            actor=self.actor,
            model=self.model(params["name"]),
            comment=params.get("description"),
            deployment_job_id=params.get("deployment_job_id"),
        )
        return self.answer_model(model)


class GetRegisteredModel(MlflowView):
    @asks(messages.ModelName)
    def get(self, params: Params) -> wire.RegisteredModelAnswer:
        model = finders.read_registered_model(actor=self.actor, full_name=params["name"])
        return self.answer_model(model)


class GetWorkspaceModel(MlflowView):
    """Return a model as Databricks' workspace registry does (``w.model_registry.get_model``)."""

    @asks(messages.ModelName)
    def get(self, params: Params) -> wire.WorkspaceModelAnswer:
        model = finders.read_registered_model(actor=self.actor, full_name=params["name"])
        level = registered_models.permission_level(actor=self.actor, model=model)
        (told,) = self.messages([model])
        return {"registered_model_databricks": {**told, "id": model.uid.hex, "permission_level": level}}


class SearchRegisteredModels(MlflowView):
    @asks(wire.Search)
    def get(self, params: Params) -> wire.RegisteredModelsAnswer:
        rows = registered_models.list_registered_models(**self.wanted(params))
        keys = keys_of(RegisteredModel, params["order_by"], as_mlflow=True)
        models, token = self.page_of_models(rows, params, keys=keys, about=params["filter"])
        return {"registered_models": self.messages(models), "next_page_token": token}


class GetLatestVersions(MlflowView):
    @asks(wire.GetLatestVersions)
    def get(self, params: Params) -> wire.ModelVersionsAnswer:
        """Return the newest version that is READY: without stages, all are in the stage None."""
        model = finders.read_registered_model(actor=self.actor, full_name=params["name"])
        if {stage.lower() for stage in params["stages"]} - {"none"}:
            _refuse_stages("The latest version of a stage cannot be had")
        return {"model_versions": self.messages([model])[0]["latest_versions"]}

    post = get


class TransitionStage(MlflowView):
    @asks(wire.TransitionStage)
    def post(self, params: Params) -> wire.ModelVersionAnswer:
        self.version(params["name"], params["version"])
        _refuse_stages("A version cannot be moved to a stage")


class CreateModelVersion(MlflowView):
    @asks(wire.CreateModelVersion)
    def post(self, params: Params) -> wire.ModelVersionAnswer:
        """Copy the version that ``source`` (``models:/…``) names; the server has no access to the client's files.

        This client does not ask again: its answer waits a few seconds for the copy, then reports its state.
        """
        model = self.model(params["name"])  # before its source is judged, as clients expect
        job = self.begin(model, params)
        self.headers["Location"] = reverse("job-by-uid", args=[job.pk])

        def as_it_stands() -> wire.ModelVersionAnswer:
            number = copies.target_of(job).version
            return self.answer(model_versions.get_model_version(actor=self.actor, model=model, version=number))

        self.request._request.META[WAITING] = Waiting(
            is_over=partial(jobs.has_ended, job),
            answer=lambda: orjson.dumps(as_it_stands()),
            seconds=settings.COPY_ANSWER_WAITS,
        )
        return as_it_stands()

    def begin(self, model: RegisteredModel, params: Params) -> Job:
        """Start what fills the new version of ``model``."""
        if registrations.is_elsewhere(params["source"]):
            return registrations.register_from(
                actor=self.actor, address=params["source"], destination=model,
                comment=params.get("description") or "", version_tags=tags_of(params["tags"]),
            )  # fmt: skip
        source = copies.find_by_uri(actor=self.actor, uri=params["source"], namespace=self.namespace)
        return copies.copy_model_version(
            actor=self.actor,
            source=source,
            destination=model,
            comment=params.get("description"),
            version_tags=tags_of(params["tags"]) or None,
            run_id=params["run_id"] or "",
            run_link=params["run_link"] or "",
        )


class UpdateModelVersion(MlflowView):
    @asks(messages.UpdateModelVersion)
    def patch(self, params: Params) -> wire.ModelVersionAnswer:
        version = self.version(params["name"], params["version"])
        return self.answer(
            model_versions.update_model_version(actor=self.actor, version=version, comment=params.get("description"))
        )


class GetModelVersion(MlflowView):
    @asks(messages.VersionName)
    def get(self, params: Params) -> wire.ModelVersionAnswer:
        return self.answer(self.readable_version(params["name"], params["version"]))


class SearchModelVersions(MlflowView):
    @asks(wire.Search)
    def get(self, params: Params) -> wire.ModelVersionsAnswer:
        rows = model_versions.list_model_versions(**self.wanted(params))
        keys = keys_of(ModelVersion, params["order_by"], as_mlflow=True)
        versions, token = self.page_of_versions(rows, params, keys=keys, about=params["filter"])
        sources = model_versions.sources_of(actor=self.actor, versions=versions)
        messages = [wire.model_version(version, sources[version.pk]) for version in versions]
        return {"model_versions": messages, "next_page_token": token}


class GetDownloadUri(MlflowView):
    @asks(messages.VersionName)
    def get(self, params: Params) -> wire.DownloadUriAnswer:
        """Return an address below which MLflow's client lists and reads, whatever its tracking store is.

        It is absolute, as ``mlflow-artifacts:`` works only where the tracking server is this one; and it names the
        version by its uid, as that client does not quote names.
        """
        version = self.readable_version(params["name"], params["version"])
        root = reverse("mlflow-artifact", kwargs={"path": str(version.uid)})
        return {"artifact_uri": self.request.build_absolute_uri(root)}


class RegisteredModelAlias(MlflowView):
    post = shared.RegisteredModelAlias.post
    delete = shared.RegisteredModelAlias.delete

    @asks(messages.AliasName)
    def get(self, params: Params) -> wire.ModelVersionAnswer:
        return self.answer(
            aliases.get_model_version_by_alias(actor=self.actor, full_name=params["name"], alias=params["alias"])
        )


def _refuse_stages(what: str) -> NoReturn:
    raise InvalidParameterValue(f"{what}: models in the catalog have no stages. Use aliases instead.")
