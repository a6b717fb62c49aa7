"""MLflow's store, kept to its own tables: what a request must not touch is not there, and nothing else is opened.

MLflow would fetch, and delete, any address that a tag of a trace names as its archive. Nothing is archived here, so a
trace with such a tag is reported as what it is: a trace without spans.
"""

from __future__ import annotations

from typing import Any, NoReturn

from mlflow.entities import Trace
from mlflow.exceptions import MlflowException, MlflowTracingException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.server import handlers
from mlflow.store.tracking import sqlalchemy_store
from mlflow.store.tracking.dbmodels.models import SqlRun, SqlTraceInfo
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracing.constant import SpansLocation, TraceTagKey

from registry.tracking.names import SPANS_ELSEWHERE


def open_nothing(address: str, *arguments: Any, **options: Any) -> NoReturn:
    """Refuse where MLflow would open the storage at ``address``: files are the door's, never this process's."""
    raise MlflowTracingException(SPANS_ELSEWHERE)


handlers.get_artifact_repository = open_nothing  # type: ignore[assignment, attr-defined]
sqlalchemy_store.get_artifact_repository = open_nothing  # type: ignore[assignment, attr-defined]


class NarrowedStore(SqlAlchemyStore):
    """The store, in which every look at a run or a trace passes through the scope of the request.

    What MLflow asks only by the id of a run or a trace begins with these checks, which are empty in its own store.
    """

    def get_trace(self, trace_id: str, *, allow_partial: bool = False) -> Trace | None:  # type: ignore[override]
        """Return a trace; one that is not complete yet is reported at once, where MLflow waits for three seconds."""
        trace: Trace | None = self._get_trace(trace_id, allow_partial)
        if trace is None and not allow_partial:
            raise _missing(f"Trace with ID {trace_id} is not fully exported yet, please try again later.")
        return trace

    def _get_spans_with_trace_info(self, trace_info: Any, spans: Any, allow_partial: bool = True) -> Any:
        if trace_info.tags.get(TraceTagKey.SPANS_LOCATION) == SpansLocation.ARCHIVE_REPO.value:
            open_nothing("")
        return super()._get_spans_with_trace_info(trace_info, spans, allow_partial)

    def _delete_archived_trace_payloads(self, selected_traces: Any) -> list[str]:
        return [selected.trace_id for selected in selected_traces]

    def _validate_run_accessible(self, session: Any, run_id: str) -> None:
        if session.query(SqlRun.run_uuid).filter(SqlRun.run_uuid == run_id).first() is None:
            raise _missing(f"Run with id={run_id} not found")

    def _validate_trace_accessible(self, session: Any, trace_id: str) -> None:
        if session.query(SqlTraceInfo.request_id).filter(SqlTraceInfo.request_id == trace_id).first() is None:
            raise _missing(f"Trace with ID '{trace_id}' not found.")

    def _get_sql_assessment(self, session: Any, trace_id: str, assessment_id: str) -> Any:
        self._validate_trace_accessible(session, trace_id)
        return super()._get_sql_assessment(session, trace_id, assessment_id)


def _missing(message: str) -> MlflowException:
    return MlflowException(message, RESOURCE_DOES_NOT_EXIST)
