"""Jobs, as those see them who wait for them."""

import time
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from registry import audit, authorization
from registry.actor import Actor
from registry.exceptions import DoesNotExist, InvalidState
from registry.models import Job, ModelVersion
from registry.services import artifacts


def get_job(*, actor: Actor, uid: UUID) -> Job:
    """The job with that key: for whoever asked for it, and whoever may read the version it makes."""
    names = "registered_model__schema__catalog"
    jobs = Job.objects.select_related(f"target__{names}", f"source__{names}", "created_by")
    job = authorization.visible(actor, jobs.filter(pk=uid)).first()
    if job is None:
        raise DoesNotExist(f"Job '{uid}' does not exist.")
    return job


def list_recent_jobs(*, actor: Actor) -> list[Job]:
    """What ``actor`` waits for or has just waited for, the newest first (at most ten)."""
    return list(Job.objects.shown_to(actor.principal, timezone.now())[:10])


def dismiss_job(*, actor: Actor, uid: UUID) -> None:
    """Put a job that has ended away: ``list_recent_jobs`` has it no more. It is the actor's own, or not there."""
    Job.objects.filter(pk=uid, created_by=actor.principal, finished_at__isnull=False).update(
        dismissed_at=timezone.now()
    )


def cancel_job(*, actor: Actor, uid: UUID) -> None:
    """End a copy that ``actor`` has asked for and that has not ended: its version fails, and its bytes go.

    The worker notices at its next beat, half a second later, and sweeps away what it wrote meanwhile.
    """
    job = Job.objects.filter(pk=uid, created_by=actor.principal, kind=Job.Kind.COPY).first()
    if job is None:
        raise DoesNotExist(f"Job '{uid}' does not exist.")
    with transaction.atomic():
        reason = f"Cancelled by {actor.name}."
        is_cancelled = job.cancel(reason)
        target = ModelVersion.objects.filter(jobs=job).first()  # read after that: the worker may just have ended
        if not is_cancelled or target is None or not target.is_pending:
            raise InvalidState("This copy has ended already.")
        target.fail(reason)
        audit.model_version_failed(actor, target)
        artifacts.delete_later(actor, ModelVersion.objects.filter(pk=target.pk))


def wait_for(job: Job, seconds: float) -> None:
    """Return when ``job`` has ended, or after so many seconds."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and Job.objects.unfinished().filter(pk=job.pk).exists():
        time.sleep(0.1)


def visible_version(actor: Actor, version: ModelVersion | None) -> ModelVersion | None:
    """``version``, if ``actor`` may know of it: a job outlives the rights of whoever asked for it."""
    known = version is not None and authorization.is_visible(actor, version.registered_model)
    return version if known else None
