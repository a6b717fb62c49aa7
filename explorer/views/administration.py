"""Everyone's jobs, and what the artifacts take, for administrators."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer.actors import actor_of
from explorer.forms import MetastoreSettings
from explorer.views.dialogs import Dialog, answer, submitted
from explorer.views.paging import paginate
from registry import authorization
from registry.authorization import Operation
from registry.models import Job, Metastore
from registry.services.administration import liveness
from registry.services.artifacts import storage_use
from registry.services.hierarchy import metastores
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


def metastore(request: HttpRequest) -> HttpResponse:
    """The settings of the metastore, to change."""
    actor, now = actor_of(request), Metastore.current()
    authorization.require(actor, Operation.UPDATE_METASTORE, now)
    dialog = Dialog("Metastore settings", "Save", reverse("profile"))

    def perform(fields: dict[str, Any]) -> None:
        metastores.update_metastore(actor=actor, **fields)

    initial = {"environments": now.environments, "makes_default_schemas": now.makes_default_schemas}
    return answer(request, dialog, MetastoreSettings(submitted(request), initial=initial), perform)


def storage(request: HttpRequest) -> HttpResponse:
    actor = actor_of(request)
    context = {"use": storage_use.get_storage_use(actor=actor), "quotas": quotas.list_quotas_of_bytes(actor=actor)}
    return render(request, "explorer/administration/storage.html", context)
