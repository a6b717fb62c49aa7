"""A job's progress: a fragment that asks again while the job is unfinished, and so stops by itself."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.shared import can, render_fragment
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Job, ModelVersion
from registry.services.metadata import aliases
from registry.services.versions import changes, jobs


def detail(request: HttpRequest, uid: UUID) -> HttpResponse:
    actor = actor_of(request)
    job = jobs.get_job(actor=actor, uid=uid)
    target = jobs.visible_version(actor, job.target)
    context = {
        "job": job,
        "target": target,
        **(_what_next(actor, target) if target and target.is_ready else {}),
        "source": jobs.visible_version(actor, job.source),
        "is_mine": job.created_by == actor.principal,
        "may_cancel": jobs.may_cancel(actor=actor, job=job),
    }
    return render_fragment(request, "explorer/jobs/detail.html", "progress", context)


def _what_next(actor: Actor, target: ModelVersion) -> dict[str, Any]:
    """What users do with a version that has come about: compare it, and give it an alias."""
    may = can(actor, target, Operation.SET_ALIAS, Operation.READ_REGISTERED_MODEL)
    rows = aliases.list_with_versions(model=target.registered_model)
    return {
        "may_set_alias": may["set_alias"],
        "reference": changes.reference_for(target, rows) if may["read_registered_model"] else None,
    }


def drawer(request: HttpRequest) -> HttpResponse:
    """The reader's own jobs, in the corner of every page: a fragment that asks again while one is unfinished."""
    return render_fragment(request, "explorer/jobs/index.html", "drawer", {})


def cancel(request: HttpRequest, uid: UUID) -> HttpResponse:
    """End a copy or a registration that the reader has asked for."""
    job = jobs.get_job(actor=actor_of(request), uid=uid)
    lead = "Copied files are deleted, and the new version is marked as failed."
    if job.kind == Job.Kind.IMPORT:
        lead = "What has come stays; of the version that is coming now, the files are deleted."
    dialog = Dialog(f"Cancel: {job.title}?", f"Cancel the {job.noun}", reverse("job", args=[uid]), lead, danger=True)

    def perform(fields: Fields) -> None:
        jobs.cancel_job(actor=actor_of(request), uid=uid)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)
