"""Experiments: the list, an experiment's own page, and what is done to it."""

from __future__ import annotations

from functools import partial
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from explorer import account_forms, forms, run_forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views import dialogs
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_experiment
from explorer.views.lists import orders_of
from explorer.views.paging import paginate, words_in
from explorer.views.runs_table import runs_table
from explorer.views.shared import ACTIVITY, PERMISSIONS, active_tab, can, side_tab
from explorer.views.tracked import tracked
from registry.authorization import Operation
from registry.models import Experiment
from registry.tracking import experiments, run_changes, run_lists
from registry.tracking.runs import NOTE

TABS = (("runs", "Runs"), ("models", "Logged models"), PERMISSIONS, ACTIVITY)
WHOSE = {"": "All", "mine": "Mine", "shared": "Of others", "deleted": "Deleted"}
_ORDERS = {"name": "name", "created": "created_at", "updated": "updated_at"}


@tracked
def index(request: HttpRequest) -> HttpResponse:
    """The experiments that the reader can see."""
    whose, words, order = request.GET.get("whose", ""), words_in(request, "words"), request.GET.get("sort", "-updated")
    rows = experiments.list_experiments(actor=actor_of(request)).select_related("owner_user", "owner_group")
    rows = rows.filter(is_deleted=whose == "deleted", name__icontains=words)
    mine = Q(owner_user=actor_of(request).principal)
    rows = rows.filter(mine) if whose == "mine" else rows.exclude(mine) if whose == "shared" else rows
    column = _ORDERS.get(order.removeprefix("-"), "updated_at")
    rows = rows.order_by(f"{'-' if order.startswith('-') else ''}{column}", "pk")
    context = {
        "page": paginate(request, rows), "words": words, "orders": orders_of(order, _ORDERS),
        "whose": whose, "choices": WHOSE.items(),
    }  # fmt: skip
    return render(request, "explorer/experiments/index.html", context)


@tracked
def detail(request: HttpRequest, experiment_id: int) -> HttpResponse:
    actor = actor_of(request)
    experiment = find_experiment(request, experiment_id)
    tab = active_tab(request, TABS)
    may = can(
        actor, experiment,
        Operation.READ_EXPERIMENT, Operation.EDIT_EXPERIMENT, Operation.MANAGE_EXPERIMENT,
        Operation.MANAGE_GRANTS, Operation.READ_ALL_GRANTS, Operation.TRANSFER_OWNERSHIP,
    )  # fmt: skip
    context = {
        "experiment": experiment, "securable": experiment, "tabs": TABS, "active_tab": tab, "can": may,
    }  # fmt: skip
    if (shown := side_tab(request, tab, experiment)) is None:
        shown = {"note": _note(experiment)} | (
            _models(request, experiment) if tab == "models" else runs_table(request, experiment)
        )
    return render(request, "explorer/experiments/detail.html", context | shown)


def _note(experiment: Experiment) -> str:
    """What MLflow has as the experiment's description."""
    told = experiments.read_experiment(experiment).told()["experiment"]
    return next((tag["value"] for tag in told.get("tags", ()) if tag["key"] == NOTE), "")


def _models(request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
    token = request.GET.get("after", "")[:2_000]
    key = experiment.experiment_id or 0
    return {"models": run_lists.search_models(actor=actor_of(request), experiment_id=key, token=token)}


@tracked
def create(request: HttpRequest) -> HttpResponse:
    lead = "Code logs to it by this name: mlflow.set_experiment(…). Experiments in /Shared/ belong to everyone."
    dialog = Dialog("Create an experiment", "Create", reverse("experiments"), lead)

    def perform(fields: Fields) -> str:
        return page_of(experiments.create_experiment(actor=actor_of(request), name=fields["name"]))

    return answer(request, dialog, run_forms.ExperimentName(submitted(request)), perform)


@tracked
def rename(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = find_experiment(request, experiment_id)
    lead = "Runs and grants stay. Code that names it by its old name makes a new one."
    dialog = Dialog(f"Rename {experiment.name}", "Rename", page_of(experiment), lead)

    def perform(fields: Fields) -> None:
        experiments.rename_experiment(actor=actor_of(request), experiment=experiment, name=fields["name"])

    form = run_forms.ExperimentName(submitted(request), initial={"name": experiment.name})
    return answer(request, dialog, form, perform)


@tracked
def describe(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = find_experiment(request, experiment_id)
    save = partial(run_changes.describe_experiment, actor=actor_of(request), experiment_id=experiment_id)
    note = "" if request.method == "POST" else _note(experiment)
    return dialogs.describe(request, experiment.name, page_of(experiment), note, lambda text: save(text=text))


@tracked
def change_owner(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = find_experiment(request, experiment_id)
    lead = "Owners can do everything with it. Grants don't change."
    dialog = Dialog(f"Change the owner of {experiment.name}", "Change owner", page_of(experiment), lead)

    def perform(fields: Fields) -> None:
        experiments.change_owner(actor=actor_of(request), experiment=experiment, owner=fields["principal"])

    return answer(request, dialog, account_forms.MemberForm(submitted(request)), perform)


@tracked
def delete(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = find_experiment(request, experiment_id)
    lead = "Its runs are deleted with it. Both can be restored until they are removed for good."
    dialog = Dialog(f"Delete {experiment.name}", "Delete", page_of(experiment), lead, danger=True)

    def perform(fields: Fields) -> str:
        experiments.delete_experiment(actor=actor_of(request), experiment=experiment)
        return reverse("experiments")

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@tracked
def restore(request: HttpRequest, experiment_id: int) -> HttpResponse:
    experiment = find_experiment(request, experiment_id)
    dialog = Dialog(f"Restore {experiment.name}", "Restore", page_of(experiment), "Its runs come back, too.")

    def perform(fields: Fields) -> None:
        experiments.restore_experiment(actor=actor_of(request), experiment=experiment)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)
