"""Slow work: our own resource. (Databricks' jobs are workflows, which have their own names below the same path.)"""

from __future__ import annotations

from uuid import UUID

from registry.api.base import ApiView, Params, asks
from registry.api.jobs import serializers as wire
from registry.models import Job
from registry.services.versions import jobs, retries


class JobView(ApiView):
    def told(self, job: Job) -> wire.JobInfo:
        versions = (jobs.visible_version(self.actor, version) for version in (job.source, job.target))
        return wire.job_info(job, *versions)


class Jobs(JobView):
    @asks(wire.ListJobs)
    def get(self, params: Params) -> wire.JobList:
        """List the caller's own jobs, newest first; for administrators, with ``all``, everyone's."""
        rows = jobs.list_jobs(actor=self.actor, state=params["state"], of_everybody=params["all"])
        keys = ("-created_at", "-pk")
        page, token = self.page(rows, params, keys=keys, default=100, most=1000, about=f"{params}")
        return {"jobs": [self.told(job) for job in page], "next_page_token": token}


class JobByUid(JobView):
    @asks()
    def get(self, uid: UUID) -> wire.JobInfo:
        """Return a job, with its progress. Ask once a second at most: it changes no faster."""
        return self.told(jobs.get_job(actor=self.actor, uid=uid))


class Cancel(JobView):
    @asks()
    def post(self, uid: UUID) -> wire.JobInfo:
        """End a copy or a registration: its version fails, and its files are deleted."""
        jobs.cancel_job(actor=self.actor, uid=uid)
        return self.told(jobs.get_job(actor=self.actor, uid=uid))


class Retry(JobView):
    @asks()
    def post(self, uid: UUID) -> wire.JobInfo:
        """Start a failed copy or registration again, as a new job and a new version."""
        return self.told(retries.retry_job(actor=self.actor, uid=uid))
