"""New versions that a job fills: with the files of another version, or of a run or a logged model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from registry import queue
from registry.actor import Actor
from registry.models import Job, ModelVersion, RegisteredModel
from registry.services.hierarchy import model_versions
from registry.services.hierarchy.model_versions import Origin
from registry.services.labels import tags
from registry.services.shared import allowances


@dataclass(frozen=True)
class NewVersion:
    """The version to create."""

    model: RegisteredModel
    comment: str
    tags: Mapping[str, str]
    origin: Origin


def unfinished_twin(actor: Actor, wanted: NewVersion, **source: Any) -> Job | None:
    """Return the same job for the same principal, if it has not ended: a client whose answer was lost asks again.

    ``source`` are the columns of a job that name where the files come from, and the alias that the version is to have.
    """
    mine = Job.objects.unfinished().filling().filter(created_by=actor.principal, **source)
    run = {"target__run_id": wanted.origin.run_id, "target__run_link": wanted.origin.run_link}
    told = {"target__registered_model": wanted.model, "target__comment": wanted.comment, **run}
    for job in mine.filter(**told).select_related("target"):
        if job.target and dict(job.target.tags.values_list("key", "value")) == dict(wanted.tags):
            return job
    return None


def create(actor: Actor, wanted: NewVersion, size: int, copied_from: ModelVersion | None) -> ModelVersion:
    """Create the version, pending, if there is room for ``size`` bytes. The caller holds what contains it."""
    allowances.require_version(actor.principal, size, wanted.model)
    version = model_versions.create_pending(actor, wanted.model, wanted.origin, wanted.comment, copied_from)
    tags.add_first_tags(actor, version, wanted.tags)
    return version


def start(actor: Actor, kind: Job.Kind, target: ModelVersion, size: int, **source: Any) -> Job:
    """Queue the job that fills ``target`` with about ``size`` bytes from ``source`` (as above)."""
    job = Job.objects.create(
        kind=kind,
        created_by=actor.principal,
        requested_by=actor.name,
        target=target,
        title=f"{kind.label} {'to' if kind is Job.Kind.COPY else 'as'} {target}",
        storage_location=target.storage_location,
        bytes_total=size,
        **source,
    )
    queue.enqueue(job)
    return job
