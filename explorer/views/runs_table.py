"""The table of an experiment's runs: filter, order, columns and page are in the address."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from explorer import forms, run_forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.dialogs import Dialog, Fields, answer, show, submitted
from explorer.views.finding import find_experiment
from explorer.views.lists import column_choices, orders_of
from explorer.views.paging import page_number
from explorer.views.tracked import tracked
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import Experiment
from registry.tracking import run_changes, run_lists, runs
from registry.tracking.run_lists import SIZE
from registry.tracking.runs import Run

COLUMNS = 12
"""Params, and metrics, that are shown at once; if no one has chosen any, the first few."""
_UNASKED = 4
_ORDERS = {"name": "run_name", "status": "status", "started": "start_time", "user": "user_id"}
"""What a click on a head sorts by, and MLflow's name for it."""
_KINDS = {"metric": "metrics", "param": "params"}


@dataclass(frozen=True)
class Line:
    """A run in the table: how deep it is nested in one above it, and what its chosen columns say."""

    run: Run
    depth: int
    params: Sequence[str | None]
    metrics: Sequence[float | None]


@dataclass(frozen=True)
class Column:
    """A chosen column; ``order`` is what its head asks for, and how the table is sorted now."""

    name: str
    order: dict[str, str]


def runs_table(request: HttpRequest, experiment: Experiment) -> dict[str, Any]:
    """Return what the table shows."""
    where, sort, number = _text(request, "where"), request.GET.get("sort", "-started"), page_number(request)
    wants_deleted = request.GET.get("show") == "deleted"
    context: dict[str, Any] = {
        "where": where, "sort": sort, "wants_deleted": wants_deleted, "number": number,
        "orders": orders_of(sort, _ORDERS),
    }  # fmt: skip
    try:
        found = run_lists.search_runs(
            actor=actor_of(request), experiment_id=experiment.experiment_id or 0,
            where=where, order=_order_by(sort), page=number, deleted=wants_deleted,
        )  # fmt: skip
    except InvalidParameterValue as error:
        return context | {"error": error.message, "lines": []}
    of_metrics, of_params = _names(run.metrics for run in found.items), _names(run.params for run in found.items)
    metrics, params = _chosen(request, "metric", of_metrics), _chosen(request, "param", of_params)
    return context | {
        "has_next": bool(found.next_token), "previous": number - 1, "next": number + 1,
        "column_choices": column_choices((of_metrics, metrics), (of_params, params)),
        "metrics": [_column(sort, "metric", name) for name in metrics],
        "params": [_column(sort, "param", name) for name in params],
        "lines": [_line(run, depth, params, metrics) for run, depth in _nested(found.items)],
    }  # fmt: skip


@tracked
def tag_several(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Give the runs that the address names (``run``) one tag."""

    def tag(run_ids: list[str], fields: Fields) -> None:
        run_changes.tag_runs(actor=actor_of(request), run_ids=run_ids, key=fields["key"], value=fields["value"])

    return _change(request, experiment_id, "Tag", "", run_forms.RunTag(submitted(request)), tag)


@tracked
def delete_several(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Delete the runs that the address names (``run``)."""
    lead = "They can be restored until they are removed for good."

    def delete(run_ids: list[str], fields: Fields) -> None:
        run_changes.delete_runs(actor=actor_of(request), run_ids=run_ids)

    return _change(request, experiment_id, "Delete", lead, forms.Confirm(submitted(request)), delete)


@tracked
def restore_several(request: HttpRequest, experiment_id: int) -> HttpResponse:
    """Restore the runs that the address names (``run``)."""

    def restore(run_ids: list[str], fields: Fields) -> None:
        run_changes.restore_runs(actor=actor_of(request), run_ids=run_ids)

    return _change(request, experiment_id, "Restore", "", forms.Confirm(submitted(request)), restore)


def _change(
    request: HttpRequest,
    experiment_id: int,
    verb: str,
    lead: str,
    form: Any,
    change: Callable[[list[str], Fields], None],
) -> HttpResponse:
    """A dialog that does something to the selected runs of one experiment."""
    experiment = find_experiment(request, experiment_id)
    run_ids = list(dict.fromkeys(request.GET.getlist("run")))
    back = page_of(experiment)
    if not 1 <= len(run_ids) <= SIZE:
        return show(request, Dialog(f"{verb} runs", "", back, f"Select 1 to {SIZE} runs in the table first."))
    chosen = [runs.get_run(actor=actor_of(request), run_id=run_id) for run_id in run_ids]
    if any(run.experiment_id != experiment_id for run in chosen):
        raise DoesNotExist(f"Some of these runs are not in {experiment.name}.")
    title = f"{verb} {chosen[0].name}" if len(chosen) == 1 else f"{verb} {len(chosen)} runs"
    dialog = Dialog(title, verb, back, lead, danger=verb == "Delete")
    return answer(request, dialog, form, lambda fields: change(run_ids, fields))


def _line(run: Run, depth: int, params: Iterable[str], metrics: Iterable[str]) -> Line:
    values = [run.metrics[name].value if name in run.metrics else None for name in metrics]
    return Line(run, depth, [run.params.get(name) for name in params], values)


def _nested(items: Sequence[Run]) -> list[tuple[Run, int]]:
    """The runs with their depths: each below the one that it is nested in, if that is on the page too."""
    here = {run.run_id for run in items}
    below: dict[str, list[Run]] = {}
    for run in items:
        below.setdefault(run.parent if run.parent in here and run.parent != run.run_id else "", []).append(run)
    lines: list[tuple[Run, int]] = []
    waiting = [(run, 0) for run in reversed(below.get("", []))]
    while waiting:
        run, depth = waiting.pop()
        lines.append((run, depth))
        waiting += [(child, depth + 1) for child in reversed(below.pop(run.run_id, []))]
    shown = {run.run_id for run, _ in lines}
    return lines + [(run, 0) for run in items if run.run_id not in shown]  # runs that are nested in a circle


def _names(of_runs: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for names in of_runs for name in names})


def _column(sort: str, kind: str, name: str) -> Column:
    sorts_by = f"{kind}.{name}"
    return Column(name, orders_of(sort, [sorts_by])[sorts_by])


def _chosen(request: HttpRequest, kind: str, names: list[str]) -> list[str]:
    """The columns that the address names; as long as it says nothing of columns, the first that there are."""
    if "columns" not in request.GET:
        return names[:_UNASKED]
    return list(dict.fromkeys(_plain(name) for name in request.GET.getlist(kind)))[:COLUMNS]


def _order_by(sort: str) -> str:
    """MLflow's expression for what the address says; the newest first if it says nothing that there is."""
    name, way = sort.removeprefix("-"), "DESC" if sort.startswith("-") else "ASC"
    kind, _, key = name.partition(".")
    if kind in _KINDS and key and "`" not in key:
        return f"{_KINDS[kind]}.`{_plain(key)}` {way}"
    return f"attributes.{_ORDERS[name]} {way}" if name in _ORDERS else ""


def _text(request: HttpRequest, name: str) -> str:
    return _plain(request.GET.get(name, "")).strip()


def _plain(text: str) -> str:
    return text.replace("\0", "")[:2_000]
