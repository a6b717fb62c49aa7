"""A job's progress: a fragment that asks again while the job is unfinished, and so stops by itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer.actors import actor_of
from registry.services import jobs


def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    job = jobs.get_job(actor=actor_of(request), uid=uid)
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]
    template = "explorer/jobs/detail.html#progress" if is_fragment else "explorer/jobs/detail.html"
    return render(request, template, {"job": job})
