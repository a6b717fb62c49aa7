"""Retrying a job that has failed: as a new job, for a new version. Numbers are never reused."""

from __future__ import annotations

from uuid import UUID

from registry.actor import Actor
from registry.exceptions import InvalidState
from registry.models import Job, ModelVersion
from registry.services.artifacts.sources import LoggedFiles
from registry.services.hierarchy.model_versions import Origin
from registry.services.versions import copies, jobs, registrations


def retry_job(*, actor: Actor, uid: UUID) -> Job:
    """Start what the job was to do, as ``actor``, with what its version says about itself; rights are checked again."""
    job = jobs.get_job(actor=actor, uid=uid)
    if job.state != Job.State.FAILED or job.kind not in Job.FILLING:
        raise InvalidState("Only a copy or a registration that failed can be started again.")
    target = jobs.visible_version(actor, job.target)
    if target is None:
        raise InvalidState("The version that was to be filled has been deleted.")
    new = _copy(actor, job, target) if job.kind == Job.Kind.COPY else _register(actor, job, target)
    return jobs.get_job(actor=actor, uid=new.pk)


def _copy(actor: Actor, job: Job, target: ModelVersion) -> Job:
    source = jobs.visible_version(actor, job.source)
    if source is None:
        raise InvalidState("The source was deleted.")
    return copies.copy_model_version(
        actor=actor, source=source, destination=target.registered_model, comment=target.comment,
        version_tags=_tags_of(target), run_id=target.run_id, run_link=target.run_link, alias=job.alias,
    )  # fmt: skip


def _register(actor: Actor, job: Job, target: ModelVersion) -> Job:
    if job.source_url:
        return registrations.register_from(
            actor=actor, address=job.source_url, destination=target.registered_model, comment=target.comment,
            version_tags=_tags_of(target),
        )  # fmt: skip
    if job.source_root is None:
        raise InvalidState("The run that logged these files was deleted.")
    origin = Origin(
        source=target.source, run_id=target.run_id, run_link=target.run_link,
        run_tracking_server_id=target.run_tracking_server_id, model_id=target.model_id,
        params=target.params, metrics=target.metrics,
    )  # fmt: skip
    return registrations.register_files(
        actor=actor, files=LoggedFiles(job.source_root, job.source_path), destination=target.registered_model,
        origin=origin, comment=target.comment, version_tags=_tags_of(target),
    )  # fmt: skip


def _tags_of(version: ModelVersion) -> dict[str, str]:
    return dict(version.tags.values_list("key", "value"))
