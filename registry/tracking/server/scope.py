"""What one request may touch in MLflow's tables: the rows of some experiments, and of no others.

Our own door has checked every id in a request before it comes here. This is the second wall: whatever MLflow's store
reads or changes through its session is narrowed in SQL, including what the door has overlooked.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from mlflow.store.tracking.dbmodels.models import (
    SqlAssessments,
    SqlExperiment,
    SqlLoggedModel,
    SqlRun,
    SqlSpan,
    SqlTraceInfo,
    SqlTraceMetadata,
    SqlTraceTag,
)
from sqlalchemy import event, select
from sqlalchemy.orm import ORMExecuteState, Session, with_loader_criteria

from registry.tracking.ranges import parse

_SCOPED: tuple[Any, ...] = (SqlExperiment, SqlRun, SqlLoggedModel, SqlTraceInfo)
"""The tables that say which experiment something belongs to."""
_TRACES: Any = SqlTraceInfo
_OF_TRACES: dict[Any, Any] = {
    SqlTraceTag: SqlTraceTag.request_id,
    SqlTraceMetadata: SqlTraceMetadata.request_id,
    SqlAssessments: SqlAssessments.trace_id,
    SqlSpan: SqlSpan.trace_id,
}
"""What depends on a trace, whose id the client chooses. (Rows of runs and models are asked for by ids that no one
can guess, after ``NarrowedStore`` has looked for those.)"""

_visible: ContextVar[frozenset[int] | None] = ContextVar("visible", default=frozenset())
"""The experiments of the request; None for all of them. Outside a request there are none."""


@contextmanager
def narrowed_to(text: str) -> Iterator[None]:
    """Let the ``with`` block see the experiments that ``text`` names (``1-3,7``), or all of them (``*``)."""
    token = _visible.set(None if text == "*" else parse(text))
    try:
        yield
    finally:
        _visible.reset(token)


def is_visible(experiment: int) -> bool:
    """Return whether the request may touch that experiment."""
    visible = _visible.get()
    return visible is None or experiment in visible


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    visible = _visible.get()
    if visible is None or state.is_column_load or state.is_relationship_load or state.is_insert:
        return
    of_visible = select(_TRACES.request_id).where(_TRACES.experiment_id.in_(visible))
    state.statement = state.statement.options(
        *(with_loader_criteria(table, table.experiment_id.in_(visible), include_aliases=True) for table in _SCOPED),
        # Not their aliases: those are next to a trace in a join, and are narrowed with it.
        *(with_loader_criteria(table, trace.in_(of_visible)) for table, trace in _OF_TRACES.items()),
    )
