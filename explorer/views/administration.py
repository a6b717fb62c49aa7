"""Everybody's jobs, and what the artifacts take, for administrators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer.actors import actor_of
from explorer.views.shared import paginate
from registry.models import Job
from registry.services.administration import liveness
from registry.services.artifacts import storage_use
from registry.services.shared import quotas
from registry.services.versions import jobs as job_services


def jobs(request: HttpRequest) -> HttpResponse:
    """All jobs, or those in one ``state``, the newest first."""
    chosen = request.GET.get("state", "")
    state = Job.State(chosen) if chosen in Job.State.values else None
    context = {
        "page": paginate(request, job_services.list_all_jobs(actor=actor_of(request), state=state)),
        "states": Job.State.choices,
        "state": state,
        "liveness": liveness.get_liveness(),
    }
    return render(request, "explorer/administration/jobs.html", context)


def storage(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {"use": storage_use.get_storage_use(actor=actor), "quotas": quotas.list_quotas_of_bytes(actor=actor)}
    return render(request, "explorer/administration/storage.html", context)
