"""*Register*: choose what a run has logged, or what lies elsewhere, and where it goes; then show the job."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import forms, run_forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, show, submitted
from explorer.views.finding import find_model
from explorer.views.logged_models import find_logged_model
from explorer.views.runs import find_run
from explorer.views.tracked import tracked
from registry.names import FullName
from registry.services.finding import lookup
from registry.services.versions import registrations
from registry.tracking import registering

NOTHING = (
    "This run has logged no model. Log one with mlflow.<flavor>.log_model(model, name=…, input_example=…), or switch "
    "mlflow.autolog() on."
)


def from_elsewhere(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Register what lies at an address as the next version of a model."""
    actor, model = actor_of(request), find_model(request, full_name)
    allowed = registrations.addresses()
    back, title = page_of(model), f"Register a version of {model.full_name}"
    if not allowed:
        words = "This server registers nothing from elsewhere. Its administrators allow addresses with REGISTER_FROM."
        return show(request, Dialog(title, "", back, words))

    def perform(fields: Fields) -> str:
        job = registrations.register_from(
            actor=actor, address=fields["address"], destination=model, comment=fields["comment"]
        )
        return reverse("job", args=[job.pk])

    lead = "A job copies the files. In a folder it checks that they are a model with a signature."
    form = forms.RegisterFrom(submitted(request), allowed=allowed)
    return answer(request, Dialog(title, "Register", back, lead), form, perform)


@tracked
def from_run(request: HttpRequest, experiment_id: int, run_id: str) -> HttpResponse:
    """Register one of the models that a run has logged."""
    _, run = find_run(request, experiment_id, run_id)
    back = reverse("run", args=[experiment_id, run_id])
    choices = registering.choices_of(actor=actor_of(request), run=run)
    if not choices:
        return show(request, Dialog("Register model", "", back, NOTHING))
    return _register(request, f"Register a model of {run.name or run_id}", back, choices)


@tracked
def from_model(request: HttpRequest, experiment_id: int, model_id: str) -> HttpResponse:
    """Register a logged model."""
    _, model = find_logged_model(request, experiment_id, model_id)
    back = reverse("logged-model", args=[experiment_id, model_id])
    return _register(request, f"Register {model.name}", back, [(f"models:/{model_id}", model.name)])


def _register(request: HttpRequest, title: str, back: str, choices: list[tuple[str, str]]) -> HttpResponse:
    actor = actor_of(request)
    lead = "A new version is filled with the files of the logged model, with its params, metrics and tables."
    offered = lookup.list_writable_models(actor=actor, text="", most=50)
    suggestions = [(model.full_name, "") for model in offered]
    form = run_forms.Register(submitted(request), sources=choices, suggestions=suggestions)

    def perform(fields: Fields) -> str:
        job = registering.register(
            actor=actor,
            logged=registering.find_logged(actor=actor, source=fields["source"]),
            destination=FullName.parse(fields["destination"].strip()),
            comment=fields["comment"],
        )
        return reverse("job", args=[job.pk])

    return answer(request, Dialog(title, "Register", back, lead), form, perform)
