"""Plain MLflow's ``model-versions/create`` where its source was logged by a run of this server."""

from __future__ import annotations

from django.conf import settings

from registry.api.base import Params
from registry.api.fields import tags_of
from registry.api.mlflow_rest import views
from registry.models import Job, RegisteredModel
from registry.tracking import registering


class CreateModelVersion(views.CreateModelVersion):
    """Takes the place of the registry's own call, to which it leaves all other sources."""

    schema = None  # type: ignore[assignment]  # described once, there

    def begin(self, model: RegisteredModel, params: Params) -> Job:
        if not settings.KEEPS_RUNS or not registering.names_something_logged(params["source"]):
            return super().begin(model, params)
        logged = registering.find_logged(actor=self.actor, source=params["source"])
        return registering.register(
            actor=self.actor,
            logged=logged,
            destination=model,
            comment=params.get("description") or "",
            version_tags=tags_of(params["tags"]),
            run_link=params["run_link"] or "",
        )
