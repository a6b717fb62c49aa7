"""Jobs on the wire."""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict

from rest_framework import serializers

from registry.api.fields import PageFields
from registry.models import Job, ModelVersion


class ListJobs(PageFields):
    state = serializers.ChoiceField(choices=Job.State.choices, default="", allow_blank=True)
    all = serializers.BooleanField(default=False)


class JobVersion(TypedDict):
    full_name: str
    version: int


class JobInfo(TypedDict):
    job_id: str
    kind: str
    state: str
    phase: str
    title: str
    requested_by: str
    source: JobVersion | None
    target: JobVersion | None
    bytes_done: int
    bytes_total: int | None
    files_done: int
    files_total: int | None
    percent: int | None
    bytes_per_second: int | None
    seconds_left: int | None
    attempts: int
    error: str
    alias: str
    alias_error: str
    created_at: str
    started_at: str | None
    finished_at: str | None


class JobList(TypedDict):
    jobs: list[JobInfo]
    next_page_token: NotRequired[str]


def job_info(job: Job, source: ModelVersion | None, target: ModelVersion | None) -> JobInfo:
    """A job; ``source`` and ``target`` are its versions, None where the caller can't see them."""
    return {
        "job_id": str(job.pk),
        "kind": job.kind,
        "state": job.state,
        "phase": job.phase,
        "title": job.title,
        "requested_by": job.requested_by,
        "source": _version(source),
        "target": _version(target),
        **_progress(job),  # type: ignore[typeddict-item]
        "attempts": job.attempts,
        "error": job.error,
        "alias": job.alias,
        "alias_error": job.alias_error,
        "created_at": job.created_at.isoformat(),
        "started_at": job.started_at.isoformat() if job.started_at else None,
        "finished_at": job.finished_at.isoformat() if job.finished_at else None,
    }


def _progress(job: Job) -> dict[str, Any]:
    names = ("bytes_done", "bytes_total", "files_done", "files_total", "percent", "bytes_per_second", "seconds_left")
    return {name: getattr(job, name) for name in names}


def _version(version: ModelVersion | None) -> JobVersion | None:
    return {"full_name": version.registered_model.full_name, "version": version.version} if version else None
