"""Jobs, as those see them who wait for them."""

from uuid import UUID

from registry import authorization
from registry.actor import Actor
from registry.exceptions import DoesNotExist
from registry.models import Job


def get_job(*, actor: Actor, uid: UUID) -> Job:
    """The job with that key: for whoever asked for it, and whoever may read the version it makes."""
    jobs = Job.objects.select_related("target__registered_model__schema__catalog", "created_by")
    job = authorization.visible(actor, jobs.filter(pk=uid)).first()
    if job is None:
        raise DoesNotExist(f"Job '{uid}' does not exist.")
    return job
