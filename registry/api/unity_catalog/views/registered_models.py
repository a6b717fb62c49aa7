"""Registered models and their aliases, for all clients of ``/api/2.1/unity-catalog/models``."""

from __future__ import annotations

from typing import Any

from registry.api.base import Nothing, Params, asks
from registry.api.fields import tags_of
from registry.api.registry_view import RegistryView
from registry.api.unity_catalog.serializers import registered_models as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.models import Metastore, RegisteredModel
from registry.names import FullName
from registry.search import keys_of
from registry.services.hierarchy import registered_models
from registry.services.metadata import declarations
from registry.services.shared import finders


class RegisteredModels(DialectView, RegistryView):
    @asks(wire.ListRegisteredModels)
    def get(self, params: Params) -> wire.RegisteredModelList:
        """List one schema's models, or those of the whole metastore. With ``include_browse`` also what BROWSE shows."""
        known = (
            registered_models.list_known_models
            if params["include_browse"]
            else registered_models.list_registered_models
        )
        rows, most = known(actor=self.actor), 1000
        if params["catalog_name"]:
            schema = finders.get_schema(actor=self.actor, catalog=params["catalog_name"], name=params["schema_name"])
            rows, most = rows.filter(schema=schema), 10_000
        models, token = self.page(
            rows.prefetch_related("tags"), params, keys=keys_of(RegisteredModel, ()),
            default=10_000 if params["catalog_name"] else 100, most=most,
            about=f"{params['catalog_name']}.{params['schema_name']} {params['include_browse']}",
        )  # fmt: skip
        browsed = registered_models.only_browsed(actor=self.actor, models=models) if params["include_browse"] else set()
        metastore = Metastore.current()
        infos = [wire.registered_model(model, metastore, browse_only=model.pk in browsed) for model in models]
        return {"registered_models": infos, "next_page_token": token}

    @asks(wire.CreateRegisteredModel)
    def post(self, params: Params) -> wire.RegisteredModelInfo:
        full_name = FullName.of(params["catalog_name"], params["schema_name"], params["name"])
        self.read_all(wire.CreateRegisteredModel, lambda: {"full_name": full_name})
        model = declarations.create_model(
            actor=self.actor,
            full_name=full_name,
            owner=params.get("owner") or None,
            aliases=_aliases(params),
            comment=params["comment"] or "",
            model_tags=tags_of(params["tags"]),
            deployment_job_id=params["deployment_job_id"],
        )
        return wire.registered_model(model, Metastore.current(), aliases=True)


class RegisteredModelByName(DialectView, RegistryView):
    @asks(wire.GetRegisteredModel)
    def get(self, params: Params, full_name: str) -> wire.RegisteredModelInfo:
        name, browsed = FullName.parse(full_name), set[int]()
        if params["include_browse"]:
            model = self.model(name)
            browsed = registered_models.only_browsed(actor=self.actor, models=[model])
        else:
            model = finders.read_registered_model(actor=self.actor, full_name=name)
        return wire.registered_model(
            model, Metastore.current(), aliases=params["include_aliases"], browse_only=bool(browsed)
        )

    @asks(wire.UpdateRegisteredModel)
    def patch(self, params: Params, full_name: str) -> wire.RegisteredModelInfo:
        model = self.model(FullName.parse(full_name))
        self.read_all(wire.UpdateRegisteredModel, lambda: wire.registered_model(model, Metastore.current()))
        model = declarations.update_model(
            actor=self.actor,
            model=model,
            aliases=_aliases(params),
            new_name=params.get("new_name") or None,
            comment=params.get("comment"),
            owner=params.get("owner") or None,
            deployment_job_id=params.get("deployment_job_id"),
        )
        return wire.registered_model(model, Metastore.current(), aliases=True)

    @asks(wire.Delete)
    def delete(self, params: Params, full_name: str) -> Nothing:
        """Delete a model; with its versions if ``force`` or, where it is not given, the client's dialect says so."""
        force = not self.dialect.asks_for_force if params["force"] is None else params["force"]
        model = self.model(FullName.parse(full_name))
        registered_models.delete_registered_model(actor=self.actor, model=model, force=force)
        return {}


def _aliases(params: Params) -> dict[str, int] | None:
    listed: list[dict[str, Any]] | None = params.get("aliases")
    return None if listed is None else {alias["alias_name"]: alias["version_num"] for alias in listed}
