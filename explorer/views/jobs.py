"""A job's progress: a fragment that asks again while the job is unfinished, and so stops by itself."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.shared import render_fragment
from registry.services.versions import jobs


def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    job = jobs.get_job(actor=actor, uid=uid)
    context = {
        "job": job,
        "target": jobs.visible_version(actor, job.target),
        "source": jobs.visible_version(actor, job.source),
        "is_mine": job.created_by == actor.principal,
        "may_cancel": jobs.may_cancel(actor=actor, job=job),
    }
    return render_fragment(request, "explorer/jobs/detail.html", "progress", context)


def drawer(request: HttpRequest) -> HttpResponse:
    """The reader's own jobs, in the corner of every page: a fragment that asks again while one is unfinished."""
    return render_fragment(request, "explorer/jobs/index.html", "drawer", {})


def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    """End a copy or a registration that the reader has asked for."""
    job = jobs.get_job(actor=actor_of(request), uid=uid)
    lead = "What was copied so far is deleted, and the new version counts as failed."
    dialog = Dialog(f"Cancel: {job.title}?", f"Cancel the {job.noun}", reverse("job", args=[uid]), lead, danger=True)

    def perform(fields: Fields) -> None:
        jobs.cancel_job(actor=actor_of(request), uid=uid)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)
