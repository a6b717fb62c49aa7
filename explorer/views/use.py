"""Lines to copy that use a model."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from accounts.models import Scope
from explorer.actors import actor_of
from explorer.snippets import PLACEHOLDER, Target, snippets
from explorer.views.aliases import CHOICES
from explorer.views.finding import find_model
from explorer.views.shared import can, host_of, render_fragment
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import ModelVersion, RegisteredModel
from registry.names import FullName
from registry.services.artifacts import mlmodel
from registry.services.artifacts.mlmodel import MLmodel
from registry.services.hierarchy import model_versions
from registry.services.labels import deprecations
from registry.services.labels.certification import certification_in
from registry.services.people import tokens
from registry.services.versions.comparison import CHAMPION

TOKEN_LASTS = timedelta(hours=1)
"""A token that is made for lines to copy: long enough to try them."""


@never_cache
def use(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Lines to copy that use the version which the address names (``which``: ``@alias`` or a number).

    A POST puts a token into them that is read-only and lasts for an hour.
    """
    model = find_model(request, full_name)
    may = can(actor_of(request), model, Operation.READ_ARTIFACTS)
    asked = request.POST.get("which") or request.GET.get("which", "")
    choices = _choices(request, model, asked) if may["read_artifacts"] else []
    if request.method == "POST" and choices and asked not in dict(choices):
        raise InvalidParameterValue("No ready version has this number.")
    which = asked if asked in dict(choices) else next((value for value, _ in choices), "")
    context = {
        "model": model, "schema": model.schema, "catalog": model.schema.catalog, "choices": choices, "which": which,
        "certification": certification_in(model.tags.all()),
        "advice": deprecations.advice_on(actor=actor_of(request), model=model), "can": may,
        "has_token": request.method == "POST",
    }  # fmt: skip
    if which:
        target = Target(model.full_name, which, _described(model, which))
        token = token_for_lines(request, f"Lines to copy: {model.full_name}"[:200], Scope.READ)
        context["snippets"] = snippets(target, host_of(request), token)
    return render_fragment(request, "explorer/registered_models/use.html", "dialog", context)


def token_for_lines(request: HttpRequest, comment: str, scope: Scope) -> str:
    """Return a fresh token, if the page was posted; else the placeholder for one."""
    if request.method != "POST":
        return PLACEHOLDER
    _, secret = tokens.create_token(actor=actor_of(request), comment=comment, lifetime=TOKEN_LASTS, scope=scope)
    return secret


def _choices(request: HttpRequest, model: RegisteredModel, asked: str) -> list[tuple[str, str]]:
    """The aliases, @champion first, and the newest versions that are ready: as the address has them, and in words."""
    named = [f"@{alias.name}" for alias in model.aliases.all()]
    named.sort(key=lambda alias: alias.lower() != f"@{CHAMPION}")
    ready = model_versions.list_versions_of(actor=actor_of(request), model=model).filter(
        status=ModelVersion.Status.READY
    )
    numbers = [str(number) for number in ready.values_list("version", flat=True)[:CHOICES]]
    if (
        asked.isascii()
        and asked.isdecimal()
        and len(asked) < 10
        and asked not in numbers
        and ready.filter(version=int(asked)).exists()
    ):
        numbers.append(asked)
    return [(which, which if which.startswith("@") else f"Version {which}") for which in (*named, *numbers)]


def _described(model: RegisteredModel, which: str) -> MLmodel:
    versions = model.versions.filter(status=ModelVersion.Status.READY)
    if which.startswith("@"):
        version = versions.filter(aliases__name=which.removeprefix("@")).first()
    else:
        version = versions.filter(version=int(which)).first()
    return mlmodel.describe(version) if version else MLmodel()
