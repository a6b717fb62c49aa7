"""The table of a model's versions: filter, order, columns and page stand in the address."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse

from explorer import forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Asked, Dialog, answer, submitted
from explorer.views.finding import find_model
from explorer.views.lists import orders_of
from explorer.views.shared import PAGE_SIZE, paginate, words_in
from registry.exceptions import InvalidParameterValue
from registry.models import ModelVersion, RegisteredModel
from registry.names import FullName
from registry.services import model_versions, tags, version_lists
from registry.services.version_lists import ORDERS, Wanted

AT_ONCE = PAGE_SIZE
"""Versions that are tagged or deleted at once: a page of them."""
COLUMNS = 10


def versions_table(request: HttpRequest, model: RegisteredModel, *, may_read: bool) -> dict[str, Any]:
    """What the table shows. BROWSE alone shows that there are versions, and not what they were measured at."""
    wanted = Wanted(
        words=words_in(request, "words"),
        status=request.GET.get("status", ""),
        order=request.GET.get("sort", "-version"),
    )
    page = paginate(request, version_lists.list_versions(actor=actor_of(request), model=model, wanted=wanted))
    metrics, params = version_lists.columns_of(page if may_read else ())
    shown_metrics = [name for name in request.GET.getlist("metric") if name in metrics][:COLUMNS]
    shown_params = [name for name in request.GET.getlist("param") if name in params][:COLUMNS]
    return {
        "page": page,
        "wanted": wanted,
        "statuses": ModelVersion.Status.choices,
        "is_narrowed": bool(wanted.words or wanted.status),
        "orders": orders_of(wanted.order, ORDERS),
        "columns": {"metrics": metrics, "params": params},
        "shown_metrics": shown_metrics,
        "shown_params": shown_params,
        "versions": [(row, version_lists.cells(row, shown_metrics, shown_params)) for row in page],
    }


def tag_several(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Give the versions that the address names (``version``) one tag."""

    def tag(versions: Sequence[ModelVersion], asked: Asked) -> None:
        tags.tag_all(actor=actor_of(request), subjects=versions, key=asked["key"], value=asked["value"])

    return _several(request, full_name, "Tag", forms.Tag(submitted(request)), tag)


def delete_several(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Delete the versions that the address names (``version``)."""

    def delete(versions: Sequence[ModelVersion], asked: Asked) -> None:
        model_versions.delete_model_versions(actor=actor_of(request), versions=versions)

    return _several(request, full_name, "Delete", forms.Confirm(submitted(request)), delete)


def _several(
    request: HttpRequest,
    full_name: FullName,
    verb: str,
    form: Form,
    change: Callable[[Sequence[ModelVersion], Asked], None],
) -> HttpResponse:
    model = find_model(request, full_name)
    numbers = sorted({_number(model, text) for text in request.GET.getlist("version")})
    versions = model_versions.list_versions_of(actor=actor_of(request), model=model).filter(version__in=numbers)
    if not 0 < len(numbers) <= AT_ONCE or len(versions) != len(numbers):
        raise InvalidParameterValue(f"Select 1 to {AT_ONCE} versions of {model.full_name} in its table.")
    what = ", ".join(map(str, numbers))
    lead = "Their aliases, tags and files are deleted. This cannot be undone." if verb == "Delete" else ""
    dialog = Dialog(f"{verb} the versions {what} of {model.name}", verb, page_of(model), lead, danger=verb == "Delete")
    return answer(request, dialog, form, lambda asked: change(list(versions), asked))


def _number(model: RegisteredModel, text: str) -> int:
    """The number of a version of ``model``, which the table writes as ``<full name>/<number>``."""
    name, _, number = text.rpartition("/")
    if name != model.full_name:
        raise InvalidParameterValue(f"{text[:200]!r} is not a version of {model.full_name}.")
    return model_versions.parse_version(number)
