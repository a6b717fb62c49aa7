"""The latest version of a model: the newest that is READY. (MLflow asks by stage, and here all are in stage None.)"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import OuterRef, QuerySet, Subquery

from registry.models import ModelVersion, RegisteredModel


def latest_versions(models: Iterable[RegisteredModel]) -> dict[int, ModelVersion]:
    """Return the latest version of each model that has one, by the model's key. The caller may read the models."""
    known = {model.pk: model for model in models}
    ready = ModelVersion.objects.filter(status=ModelVersion.Status.READY).order_by("-version")
    newest = ready.filter(registered_model=OuterRef("pk")).values("pk")[:1]
    keys = RegisteredModel.objects.filter(pk__in=known).order_by().values(newest=Subquery(newest))
    found = {}
    for version in ModelVersion.objects.filter(pk__in=keys).order_by().prefetch_related("aliases", "tags"):
        version.registered_model = known[version.registered_model_id]
        found[version.registered_model_id] = version
    return found


def latest_of(versions: QuerySet[ModelVersion]) -> ModelVersion | None:
    """Return the newest of one model's ``versions`` that is READY."""
    return versions.filter(status=ModelVersion.Status.READY).order_by("-version").first()
