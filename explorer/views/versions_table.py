"""The table of a model's versions: filter, order, columns and page are in the address."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpRequest, HttpResponse

from explorer import deleting, forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, show, submitted
from explorer.views.finding import find_model
from explorer.views.lists import column_choices, orders_of
from explorer.views.paging import paginate, words_in
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import ModelVersion, RegisteredModel
from registry.names import FullName, version_number
from registry.services.hierarchy import model_versions
from registry.services.labels import tags
from registry.services.people import names
from registry.services.versions import version_lists
from registry.services.versions.version_lists import ORDERS, VersionFilter

AT_ONCE = 100
"""Versions that are tagged or deleted at once: a selection may hold those of several pages."""
METRICS = 3
"""Columns of metrics that the table has until the reader chooses."""
COLUMNS = 10
MODELS = 50
"""Models of which a session remembers the columns."""
_REMEMBERED = "columns_of_versions"


def versions_table(request: HttpRequest, model: RegisteredModel, *, may_read: bool) -> dict[str, Any]:
    """Return what the table shows. BROWSE by itself shows that there are versions, not what they were measured at."""
    filters = VersionFilter(
        words=words_in(request, "words"),
        status=request.GET.get("status", ""),
        order=request.GET.get("sort", "-version"),
    )
    page = paginate(request, version_lists.list_versions(actor=actor_of(request), model=model, filters=filters))
    metrics, params = version_lists.columns_of(page if may_read else ())
    wanted_metrics, wanted_params = _chosen(request, model, (metrics, params)) or [
        version_lists.main_metrics(page, METRICS),
        [],
    ]
    shown_metrics = [name for name in wanted_metrics if name in metrics][:COLUMNS]
    shown_params = [name for name in wanted_params if name in params][:COLUMNS]
    names.prime(row.created_by for row in page)
    return {
        "page": page,
        "filters": filters,
        "shows_status": bool(filters.status) or "status" in filters.order or any(not row.is_ready for row in page),
        "statuses": ModelVersion.Status.choices,
        "is_narrowed": bool(filters.words or filters.status),
        "orders": orders_of(filters.order, ORDERS),
        "column_choices": column_choices((metrics, shown_metrics), (params, shown_params)),
        "shown_metrics": shown_metrics,
        "shown_params": shown_params,
        "versions": [(row, version_lists.cells(row, shown_metrics, shown_params)) for row in page],
    }


def _chosen(request: HttpRequest, model: RegisteredModel, known: Sequence[Sequence[str]]) -> list[list[str]] | None:
    """The metrics and parameters that the reader wants as columns of this model's table; None, if they never said.

    As the address says, or as they chose last in the menu of columns, which is remembered until they sign out.
    """
    remembered: dict[str, list[list[str]]] = request.session.get(_REMEMBERED, {})
    if not {"columns", "metric", "param"} & request.GET.keys():
        return remembered.get(str(model.uid))
    chosen = [request.GET.getlist(kind)[:COLUMNS] for kind in ("metric", "param")]
    if "columns" not in request.GET:
        return chosen  # only for this address
    before = remembered.get(str(model.uid), [[], []])
    kept = [
        [n for n in names if n in there or n in old] for names, there, old in zip(chosen, known, before, strict=True)
    ]
    others = {uid: columns for uid, columns in remembered.items() if uid != str(model.uid)}
    newest = dict(list(others.items())[1 - MODELS :]) | {str(model.uid): kept}
    if newest != remembered:
        request.session[_REMEMBERED] = newest
    return chosen


def tag_several(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Give the versions that the address names (``version``) one tag."""
    model, versions = _selected(request, full_name)
    if not versions:
        return _nothing_selected(request, model, "Tag")
    dialog = Dialog(f"Tag the versions {_numbers(versions)} of {model.name}", "Tag", page_of(model))

    def tag(fields: Fields) -> None:
        tags.tag_all(actor=actor_of(request), subjects=versions, key=fields["key"], value=fields["value"])

    return answer(request, dialog, forms.TagForm(submitted(request)), tag)


def delete_several(request: HttpRequest, full_name: FullName) -> HttpResponse:
    """Delete the versions that the address names (``version``)."""
    model, versions = _selected(request, full_name)
    if not versions:
        return _nothing_selected(request, model, "Delete")
    keys = [version.pk for version in versions]
    missed = deleting.who_misses_it(actor_of(request), model, ModelVersion.objects.filter(pk__in=keys))
    title = f"Delete the versions {_numbers(versions)} of {model.name}"
    gone = "Their tags and files are deleted."
    lead = deleting.lead(missed, gone)
    dialog = Dialog(title, "Delete", page_of(model), lead, danger=True)

    def delete(fields: Fields) -> None:
        model_versions.delete_model_versions(actor=actor_of(request), versions=versions)

    return answer(request, dialog, forms.Confirm(submitted(request)), delete)


def _selected(request: HttpRequest, full_name: FullName) -> tuple[RegisteredModel, list[ModelVersion]]:
    """The versions that the address names; none at all unless it names one page of them at most."""
    model = find_model(request, full_name)
    numbers = {_number(model, text) for text in request.GET.getlist("version")}
    if len(numbers) > AT_ONCE:
        return model, []
    rows = model_versions.list_versions_of(actor=actor_of(request), model=model).filter(version__in=numbers)
    versions = sorted(rows, key=lambda row: row.version)
    if len(versions) != len(numbers):
        raise DoesNotExist(f"Some of these versions of {model.full_name} do not exist any more.")
    return model, versions


def _nothing_selected(request: HttpRequest, model: RegisteredModel, verb: str) -> HttpResponse:
    lead = f"Select 1 to {AT_ONCE} versions in the table first."
    return show(request, Dialog(f"{verb} versions of {model.name}", "", page_of(model), lead))


def _numbers(versions: Sequence[ModelVersion]) -> str:
    return ", ".join(str(row.version) for row in versions)


def _number(model: RegisteredModel, text: str) -> int:
    """The number of a version of ``model``, which the table writes as ``<full name>/<number>``."""
    name, _, number = text.rpartition("/")
    if name != model.full_name:
        raise InvalidParameterValue(f"{text[:200]!r} is not a version of {model.full_name}.")
    return version_number(number)
