"""A job's progress: a fragment that asks again while the job is unfinished, and so stops by itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse

from explorer.actors import actor_of
from explorer.views.shared import render_fragment
from registry.services import jobs


def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    job = jobs.get_job(actor=actor, uid=uid)
    context = {
        "job": job,
        "target": jobs.visible_version(actor, job.target),
        "source": jobs.visible_version(actor, job.source),
    }
    return render_fragment(request, "explorer/jobs/detail.html", "progress", context)


def drawer(request: HttpRequest) -> HttpResponse:
    """The reader's own jobs, in the corner of every page: a fragment that asks again while one is unfinished."""
    return render_fragment(request, "explorer/jobs/index.html", "drawer", {})
