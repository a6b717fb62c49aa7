"""Model versions, for all clients of ``/api/2.1/unity-catalog/models``."""

from __future__ import annotations

from registry.api.base import Nothing, Params, asks
from registry.api.fields import FinalizeFields, PageFields, tags_of
from registry.api.registry_view import RegistryView, origin_of
from registry.api.unity_catalog import dialect
from registry.api.unity_catalog.serializers import registered_models as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.exceptions import InvalidState
from registry.http.paging import clamp, page_of_list
from registry.models import Metastore, ModelVersion
from registry.names import FullName, version_number
from registry.services.artifacts import lending, transfer
from registry.services.hierarchy import model_versions
from registry.services.metadata import alias_history, aliases
from registry.services.shared import finders
from registry.services.shared.graph import Direction


class VersionView(DialectView, RegistryView):
    def named(self, full_name: str, version: str) -> ModelVersion:
        return self.version(FullName.parse(full_name), version_number(version))

    def answer(self, version: ModelVersion, *, location: str = "", with_aliases: bool = True) -> wire.ModelVersionInfo:
        return wire.model_version(
            version, Metastore.current(), source=self.source_of(version), location=location, aliases=with_aliases
        )


class ModelVersions(VersionView):
    @asks(PageFields)
    def get(self, params: Params, full_name: str) -> wire.ModelVersionList:
        model = finders.read_registered_model(actor=self.actor, full_name=FullName.parse(full_name))
        rows = model_versions.list_versions_of(actor=self.actor, model=model)
        rows = rows.prefetch_related("tags")
        versions, token = self.page(rows, params, keys=("-version",), default=100, most=1000)
        sources, metastore = model_versions.sources_of(actor=self.actor, versions=versions), Metastore.current()
        infos = [wire.model_version(version, metastore, source=sources[version.pk]) for version in versions]
        return {"model_versions": infos, "next_page_token": token}


class CreateModelVersion(VersionView):
    @asks(wire.CreateModelVersion)
    def post(self, params: Params) -> wire.ModelVersionInfo:
        self.read_all(wire.CreateModelVersion)
        model = self.model(full_name_of(params))
        lends = self.dialect.reads_directories
        if not lending.lends_directories(model.schema):
            lends = self.dialect.takes_credentials
        elif lends and not dialect.shares_files(self.request):
            raise InvalidState(
                "A registry URI of uc:http://… works only on the server's own machine, because files are exchanged "
                "through directories. Set the registry URI to databricks-uc."
            )
        version = model_versions.create_model_version(
            actor=self.actor,
            model=model,
            origin=origin_of(params, params["model_version_dependencies"] or []),
            comment=params["comment"] or "",
            version_tags=tags_of(params["tags"]),
        )
        self.record_header(version, Direction.UPSTREAM)
        location = lending.lend_for_upload(actor=self.actor, version=version) if lends else ""
        return self.answer(version, location=location)


class ModelVersionByNumber(VersionView):
    @asks(wire.GetModelVersion)
    def get(self, params: Params, full_name: str, version: str) -> wire.ModelVersionInfo:
        model_version = self.readable_version(FullName.parse(full_name), version_number(version))
        location = ""
        is_near = not lending.lends_directories(model_version) or dialect.shares_files(self.request)
        if self.dialect.reads_directories and is_near:
            location = lending.lend_for_download(actor=self.actor, version=model_version)
        return self.answer(model_version, location=location, with_aliases=params["include_aliases"])

    @asks(wire.UpdateModelVersion)
    def patch(self, params: Params, full_name: str, version: str) -> wire.ModelVersionInfo:
        model_version = self.named(full_name, version)
        self.read_all(wire.UpdateModelVersion, lambda: self.answer(model_version))
        return self.answer(
            model_versions.update_model_version(actor=self.actor, version=model_version, comment=params.get("comment"))
        )

    @asks()
    def delete(self, full_name: str, version: str) -> Nothing:
        model_versions.delete_model_version(actor=self.actor, version=self.named(full_name, version))
        return {}


class FilesOfVersion(VersionView):
    @asks(PageFields)
    def get(self, params: Params, full_name: str, version: str) -> wire.FileList:
        """List the files of a version, with their SHA-256: an addition of this server."""
        files = transfer.list_stored_files(actor=self.actor, version=self.named(full_name, version))
        page, token = page_of_list(
            files, key=lambda file: file.path, size=clamp(params.get("max_results"), default=1000, most=10_000),
            token=params["page_token"], bound_to=f"{self.request.path} for {self.actor.principal.pk}",
        )  # fmt: skip
        return {
            "files": [{"path": row.path, "size": row.size, "sha256": row.sha256} for row in page],
            "next_page_token": token,
        }


class FinalizeModelVersion(VersionView):
    @asks(FinalizeFields)
    def patch(self, params: Params, full_name: str, version: str) -> wire.ModelVersionInfo:
        """Declare a version ready, if it matches the manifest, which is optional."""
        model_version = model_versions.finalize_model_version(
            actor=self.actor, version=self.named(full_name, version), manifest=params.get("manifest")
        )
        return self.answer(model_version)


class AliasByName(VersionView):
    @asks(wire.GetByAlias)
    def get(self, params: Params, full_name: str, alias: str) -> wire.ModelVersionInfo:
        """Return the version to which the alias points, or pointed at the time ``at``."""
        if "at" in params:
            model = finders.read_registered_model(actor=self.actor, full_name=FullName.parse(full_name))
            then = alias_history.get_model_version_by_alias_at(
                actor=self.actor, model=model, alias=alias, at=params["at"]
            )
            return self.answer(then, with_aliases=params["include_aliases"])
        model_version = aliases.get_model_version_by_alias(
            actor=self.actor, full_name=FullName.parse(full_name), alias=alias
        )
        return self.answer(model_version, with_aliases=params["include_aliases"])

    @asks(wire.SetAlias)
    def put(self, params: Params, full_name: str, alias: str) -> wire.AliasInfo:
        model = self.model(FullName.parse(full_name))
        row = aliases.set_registered_model_alias(
            actor=self.actor, model=model, alias=alias, version=params["version_num"]
        )
        return wire.alias_info(row, model)

    @asks()
    def delete(self, full_name: str, alias: str) -> Nothing:
        aliases.delete_registered_model_alias(
            actor=self.actor, model=self.model(FullName.parse(full_name)), alias=alias
        )
        return {}


def full_name_of(params: Params) -> FullName:
    return FullName.of(params["catalog_name"], params["schema_name"], params["model_name"])
