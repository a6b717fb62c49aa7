"""New versions that a job fills: with the files of another version, or of a run or a logged model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from registry import queue
from registry.actor import Actor
from registry.models import Job, ModelVersion, RegisteredModel
from registry.services.hierarchy.model_versions import Origin


def start(actor: Actor, kind: Job.Kind, target: ModelVersion, size: int | None, **source: Any) -> Job:
    """Queue the job that fills ``target`` from ``source`` (columns of a job) with about ``size`` bytes."""
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


def unfinished_twin(
    actor: Actor,
    destination: RegisteredModel,
    comment: str,
    version_tags: Mapping[str, str],
    origin: Origin,
    **source: Any,
) -> Job | None:
    """Return the same job for the same principal, if it has not ended: a client whose answer was lost asks again."""
    mine = Job.objects.unfinished().filling().filter(created_by=actor.principal, **source)
    told = {"target__comment": comment, "target__run_id": origin.run_id, "target__run_link": origin.run_link}
    for job in mine.filter(target__registered_model=destination, **told).select_related("target"):
        if job.target and dict(job.target.tags.values_list("key", "value")) == dict(version_tags):
            return job
    return None
