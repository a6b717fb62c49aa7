"""Versions by where their files lie."""

from __future__ import annotations

from urllib.parse import urlsplit
from uuid import UUID

from registry import authorization
from registry.actor import Actor
from registry.denials import Attempt
from registry.models import ModelVersion


def get_model_version_at(*, actor: Actor, url: str) -> ModelVersion:
    """Return the version at whose location, or below it, ``url`` is, if ``actor`` can see it."""
    versions = ModelVersion.objects.select_related("registered_model__schema__catalog").filter(uid__in=_uids_in(url))
    for version in authorization.visible(actor, versions):
        if f"{url.rstrip('/')}/".startswith(f"{version.storage_location}/"):
            return version
    message = f"No model version has its files at {url[:500]!r}."
    raise authorization.none_of(actor, versions, message, Attempt.GET_MODEL_VERSION)


def _uids_in(url: str) -> list[UUID]:
    uids: list[UUID] = []
    for step in urlsplit(url).path.split("/"):
        try:
            uids.append(UUID(step))
        except ValueError:
            continue
    return uids[:10]
