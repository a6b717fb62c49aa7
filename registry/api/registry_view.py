"""What the dialects of the registry share: finding what a request names, its lineage header, the origin it reports."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property, partial
from operator import attrgetter
from typing import Any, cast

from django.conf import settings
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.functional import SimpleLazyObject

from accounts.models import Scope
from registry import names
from registry.api.base import ApiView, Params
from registry.api.fields import ALIASES, TemporaryCredentials, milliseconds
from registry.models import ModelVersion, RegisteredModel
from registry.models.filing import attach_containers
from registry.names import FullName
from registry.services.artifacts import transfer
from registry.services.finding import namespaces
from registry.services.hierarchy import model_versions
from registry.services.shared import finders
from registry.services.shared.graph import Direction
from registry.services.versions import lineage, lineage_words

LINEAGE_HEADER = "X-Databricks-Lineage-Identifier"


class RegistryView(ApiView):
    takes_short_names = False
    """Whether a name of one or two levels is found in the caller's default catalog and schema."""

    @cached_property
    def namespace(self) -> Sequence[str]:
        """Where short names begin; it is read when the first one comes."""
        if not self.takes_short_names:
            return ()
        return cast(Sequence[str], SimpleLazyObject(partial(namespaces.default_namespace, actor=self.actor)))

    def completed(self, name: str) -> str:
        """A name of a model with all its levels, where the dialect takes shorter ones."""
        return names.completed(name, self.namespace)

    def model(self, full_name: FullName) -> RegisteredModel:
        return finders.get_registered_model(actor=self.actor, full_name=full_name)

    def version(self, full_name: FullName, number: int) -> ModelVersion:
        return model_versions.get_model_version(actor=self.actor, model=self.model(full_name), version=number)

    def readable_version(self, full_name: FullName, number: int) -> ModelVersion:
        return model_versions.read_model_version(actor=self.actor, full_name=full_name, version=number)

    def page_of_models(
        self, models: QuerySet[RegisteredModel], params: Params, **options: Any
    ) -> tuple[list[RegisteredModel], str]:
        """Return a page of ``models`` with their containers. (These messages have no owners.)"""
        models = models.select_related(None).prefetch_related(ALIASES, "tags")
        rows, token = self.page(models, params, default=100, most=1000, **options)
        return attach_containers(rows, lambda model: model), token

    def page_of_versions(
        self, versions: QuerySet[ModelVersion], params: Params, **options: Any
    ) -> tuple[list[ModelVersion], str]:
        """Return a page of ``versions``, with their models and the containers of these."""
        versions = versions.prefetch_related("aliases", "tags")
        rows, token = self.page(versions, params, default=1000, most=1000, **options)
        return attach_containers(rows, attrgetter("registered_model")), token

    def source_of(self, version: ModelVersion) -> str:
        """As much of the version's ``source`` as the caller may see."""
        return model_versions.sources_of(actor=self.actor, versions=[version])[version.pk]

    def vend(self, version: ModelVersion, *, write: bool) -> TemporaryCredentials:
        """Let the caller transfer artifacts, by signed URLs (DEFAULT_STORAGE): no storage key leaves the server."""
        transfer.vend_credential(actor=self.actor, version=version, write=write)
        if not write:
            self.record_header(version, Direction.DOWNSTREAM)
        expires = timezone.now() + settings.SIGNED_URL_LIFETIME
        return {"expiration_time": milliseconds(expires), "storage_mode": "DEFAULT_STORAGE"}

    def record_header(self, version: ModelVersion, direction: Direction) -> None:
        """Keep what the lineage header of this request reports, if there is one, and if its token may write."""
        if Scope.REGISTRY not in self.actor.scopes:
            return
        if entities := lineage_words.read_header(self.request.headers.get(LINEAGE_HEADER, "")):
            lineage.record_lineage(actor=self.actor, version=version, entities=entities, direction=direction)


def origin_of(params: dict[str, Any], dependencies: list[dict[str, Any]]) -> model_versions.Origin:
    """The origin that a request reports in the fields of ``VersionOrigin``."""
    return model_versions.Origin(
        source=params["source"],
        run_id=params["run_id"] or "",
        run_tracking_server_id=params["run_tracking_server_id"],
        model_id=params["model_id"],
        feature_deps=params["feature_deps"],
        dependencies=dependencies,
        params=[dict(param) for param in params["model_params"]],
        metrics=[dict(metric) for metric in params["model_metrics"]],
    )
