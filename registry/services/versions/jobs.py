"""Jobs, as seen by the users who wait for them."""

from collections.abc import Collection
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.denials import Attempt, DenialKind
from registry.exceptions import InvalidState
from registry.models import Job, Metastore, ModelVersion, locks
from registry.services.artifacts import removal


def get_job(*, actor: Actor, uid: UUID) -> Job:
    """Return the job with that key, for users who asked for it or may read the version that it makes."""
    names = "registered_model__schema__catalog"
    jobs = Job.objects.select_related(f"target__{names}", f"source__{names}", "created_by")
    job = authorization.visible(actor, jobs.filter(pk=uid)).first()
    if job is None:
        raise authorization.none_of(actor, jobs.filter(pk=uid), f"Job '{uid}' does not exist.", Attempt.GET_JOB)
    return job


def list_jobs_of(*, actor: Actor, targets: Collection[UUID]) -> list[Job]:
    """Return the jobs that fill or filled the versions with the uids ``targets``, as far as ``actor`` sees them."""
    rows = Job.objects.select_related("target").filter(target__uid__in=targets, kind__in=Job.FILLING)
    return list(authorization.visible(actor, rows.order_by("created_at")))


def list_recent_jobs(*, actor: Actor) -> list[Job]:
    """Return what ``actor`` waits for or has just waited for, the newest first (at most ten)."""
    return list(Job.objects.shown_to(actor.principal, timezone.now())[:10])


def list_jobs(*, actor: Actor, state: str = "", of_everybody: bool = False) -> QuerySet[Job]:
    """Return the jobs that ``actor`` has asked for, or, for administrators, everyone's."""
    if of_everybody:
        return list_all_jobs(actor=actor, state=Job.State(state) if state else None)
    names = "registered_model__schema__catalog"
    jobs = Job.objects.filter(created_by=actor.principal).select_related(f"target__{names}", f"source__{names}")
    return jobs.filter(state=state) if state else jobs


def list_all_jobs(*, actor: Actor, state: Job.State | None = None) -> QuerySet[Job]:
    """Return everyone's jobs, the newest first, for administrators."""
    authorization.require(actor, Operation.READ_AUDIT_LOG, Metastore.current())
    jobs = Job.objects.order_by("-created_at").select_related("target__registered_model__schema__catalog")
    return jobs.filter(state=state) if state else jobs


def may_cancel(*, actor: Actor, job: Job) -> bool:
    """Return whether ``actor`` may end ``job``: its own, one that fills a version that it may change, or an import."""
    if not job.is_unfinished or job.kind not in Job.WAITED_FOR:
        return False
    if job.created_by == actor.principal:
        return True
    if job.kind == Job.Kind.IMPORT:
        return authorization.allows(actor, Operation.IMPORT_REGISTRY, Metastore.current())
    return job.target is not None and authorization.allows(actor, Operation.UPDATE_MODEL_VERSION, job.target)


def dismiss_job(*, actor: Actor, uid: UUID) -> None:
    """Dismiss a job of the actor's that has ended: ``list_recent_jobs`` no longer returns it. Others are ignored."""
    Job.objects.filter(pk=uid, created_by=actor.principal, finished_at__isnull=False).update(
        dismissed_at=timezone.now()
    )


def cancel_job(*, actor: Actor, uid: UUID) -> None:
    """End a job that has not ended, if ``actor`` may (see ``may_cancel``): its version fails, and its bytes go.

    The worker notices at its next beat, half a second later, and deletes what it wrote in the meantime.
    """
    job = get_job(actor=actor, uid=uid)
    if job.is_unfinished and not may_cancel(actor=actor, job=job):
        message = f"A {job.noun} can be cancelled by the user who requested it and by those who manage its model."
        about = job.target.registered_model if job.target is not None else str(uid)
        raise authorization.refusal_of(actor, DenialKind.MISSING_PRIVILEGE, Attempt.CANCEL_JOB, about, message)
    while not _cancel(actor, job):
        job = get_job(actor=actor, uid=uid)  # an import has gone on to its next version in the meantime


def _cancel(actor: Actor, job: Job) -> bool:
    """End ``job``, and what it was filling; False if that is another version by now."""
    reason = f"Cancelled by {actor.name}."
    with transaction.atomic():
        if job.target is not None:
            locks.hold(job.target)  # before the job, like the worker that ends it
        if not job.cancel(reason):
            if not has_ended(job):
                return False
            raise InvalidState(f"This {job.noun} has ended already.")
        target = ModelVersion.objects.filter(jobs=job).first()  # read after that: the worker may just have ended
        if target is not None and target.is_pending:
            target.fail(reason)
            audit.model_version_failed(actor, target)
            removal.delete_later(actor, ModelVersion.objects.filter(pk=target.pk))
        elif job.kind in Job.FILLING:
            raise InvalidState(f"This {job.noun} has ended already.")
    return True


def has_ended(job: Job) -> bool:
    """Return whether ``job`` has ended by now."""
    return not Job.objects.unfinished().filter(pk=job.pk).exists()


def visible_version(actor: Actor, version: ModelVersion | None) -> ModelVersion | None:
    """Return ``version``, if ``actor`` may see it: a job outlives the rights of the user who asked for it."""
    known = version is not None and authorization.is_visible(actor, version.registered_model)
    return version if known else None
