"""Logged models: each version that is ready is one, by the id that it came with or was given."""

from __future__ import annotations

from registry import authorization
from registry.actor import Actor
from registry.denials import Attempt
from registry.models import ModelVersion
from registry.services.hierarchy import model_versions

MOST = 1_000
"""Versions that are returned for one id: the first, and its copies."""
_SHOWN = 50
"""Versions that a page shows."""


def versions_of(*, actor: Actor, model_id: str) -> list[ModelVersion]:
    """Return the versions with that id whose metadata ``actor`` may read; first the oldest, which the others copy."""
    ready = ModelVersion.objects.filter(model_id=model_id, status=ModelVersion.Status.READY).exclude(model_id="")
    known = model_versions.list_model_versions(actor=actor).filter(pk__in=ready.order_by().values("pk"))
    found = list(known.order_by("pk")[:MOST])
    if not found:
        message = f"Logged model '{model_id[:100]}' does not exist."
        raise authorization.none_of(actor, ready, message, Attempt.GET_MODEL_VERSION)
    return found


def registered_from(*, actor: Actor, run_id: str = "", model_id: str = "") -> list[ModelVersion]:
    """Return the versions from a run, or from a logged model, whose metadata ``actor`` may read; the newest first."""
    named = {"run_id": run_id} if run_id else {"model_id": model_id}
    rows = ModelVersion.objects.filter(**named)
    known = model_versions.list_model_versions(actor=actor).filter(pk__in=rows.order_by().values("pk"))
    return list(known.select_related("registered_model__schema__catalog")[:_SHOWN])
