"""Pages of runs and of logged models, filtered and sorted by MLflow."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from registry.actor import Actor
from registry.tracking.calls import call
from registry.tracking.runs import LoggedModel, Run, read_model, read_run

Item = TypeVar("Item")
SIZE = 25
"""Runs, or models, on a page."""
_LAST = 10_000
"""The last page that can be requested: what is beyond it is found by a filter."""


@dataclass(frozen=True)
class Slice(Generic[Item]):
    """A page, and MLflow's token of the next one; empty if it is the last. MLflow does not count how many there are."""

    items: Sequence[Item]
    next_token: str


def search_runs(
    *, actor: Actor, experiment_id: int, where: str = "", order: str = "", page: int = 1, deleted: bool = False
) -> Slice[Run]:
    """Return a page of the runs of an experiment.

    ``where`` is MLflow's filter; ``order`` one of its ``order_by`` expressions, the newest first if it is empty.
    """
    answer = call(
        "POST", "runs/search", actor=actor,
        experiment_ids=[str(experiment_id)], filter=where, order_by=[order] if order else [],
        run_view_type="DELETED_ONLY" if deleted else "ACTIVE_ONLY", **_page(page),
    )  # fmt: skip
    return Slice([read_run(item) for item in answer.get("runs", ())], answer.get("next_page_token", ""))


def children_of(*, actor: Actor, run: Run) -> Slice[Run]:
    """Return the first of the runs that are nested in ``run``."""
    where = f"tags.`mlflow.parentRunId` = '{run.run_id}'"
    return search_runs(actor=actor, experiment_id=run.experiment_id, where=where)


def search_models(*, actor: Actor, experiment_id: int, run_id: str = "", token: str = "") -> Slice[LoggedModel]:
    """Return a page of the logged models of an experiment, or of one of its runs, the newest first.

    ``token`` is that of the page before.
    """
    answer = call(
        "POST", "logged-models/search", actor=actor,
        experiment_ids=[str(experiment_id)], filter=f"source_run_id = '{run_id}'" if run_id else "",
        order_by=[{"field_name": "creation_timestamp", "ascending": False}], max_results=SIZE,
        **({"page_token": token} if token else {}),
    )  # fmt: skip
    return Slice([read_model(item) for item in answer.get("models", ())], answer.get("next_page_token", ""))


def _page(number: int) -> dict[str, Any]:
    """The fields that ask for a page. Its token says after how many runs it begins, in MLflow's format."""
    start = (max(1, min(number, _LAST)) - 1) * SIZE
    token = base64.b64encode(json.dumps({"offset": start}).encode()).decode() if start else ""
    return {"max_results": SIZE, **({"page_token": token} if token else {})}
