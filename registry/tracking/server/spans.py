"""Spans as OpenTelemetry sends them (OTLP over HTTP, protobuf), into MLflow's store."""

from __future__ import annotations

from flask import Response, request
from google.protobuf.message import DecodeError
from mlflow.entities.span import Span
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracing.utils.otlp import MLFLOW_EXPERIMENT_ID_HEADER, MLFLOW_RUN_ID_HEADER
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from registry.tracking.server.belonging import experiments_of
from registry.tracking.server.scope import is_visible


def take_spans(store: SqlAlchemyStore) -> Response:
    """Store the spans of a request: all of them, or none."""
    spans = _spans_of(request.get_data())
    _require_own_traces(store, {span.trace_id for span in spans})
    store.log_spans(request.headers[MLFLOW_EXPERIMENT_ID_HEADER], spans)
    ended = [span.trace_id for span in spans if span.parent_id is None]
    if ended and (run_id := request.headers.get(MLFLOW_RUN_ID_HEADER)):
        store.link_traces_to_run(ended, run_id)
    return Response(ExportTraceServiceResponse().SerializeToString(), mimetype="application/x-protobuf")


def _require_own_traces(store: SqlAlchemyStore, trace_ids: set[str]) -> None:
    """Raise if one of the traces already exists, in an experiment that the request must not touch.

    The store adds spans to a trace only by its id; it is in the spans, where no one before us looks.
    """
    for trace_id, experiment in experiments_of(store, {"trace": sorted(trace_ids)})["trace"].items():
        if not is_visible(experiment):
            raise MlflowException(f"Trace with ID '{trace_id}' not found.", RESOURCE_DOES_NOT_EXIST)


def _spans_of(body: bytes) -> list[Span]:
    message = ExportTraceServiceRequest()
    try:
        message.ParseFromString(body)
        spans = [
            Span.from_otel_proto(span, resource=of_resource.resource)
            for of_resource in message.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]
        if not spans:
            raise ValueError("no spans")
    except (DecodeError, ValueError, KeyError, MlflowException) as error:
        raise MlflowException.invalid_parameter_value("The body isn't a list of OpenTelemetry spans.") from error
    return spans
