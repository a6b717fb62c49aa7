"""Spans as OpenTelemetry sends them (OTLP over HTTP, protobuf), into MLflow's store."""

from __future__ import annotations

from flask import Response, request
from google.protobuf.message import DecodeError
from mlflow.entities.span import Span
from mlflow.exceptions import MlflowException
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
from mlflow.tracing.utils.otlp import MLFLOW_EXPERIMENT_ID_HEADER, MLFLOW_RUN_ID_HEADER
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)


def take_spans(store: SqlAlchemyStore) -> Response:
    """Store the spans of a request: all of them, or none."""
    spans = _spans_of(request.get_data())
    store.log_spans(request.headers[MLFLOW_EXPERIMENT_ID_HEADER], spans)
    ended = [span.trace_id for span in spans if span.parent_id is None]
    if ended and (run_id := request.headers.get(MLFLOW_RUN_ID_HEADER)):
        store.link_traces_to_run(ended, run_id)
    return Response(ExportTraceServiceResponse().SerializeToString(), mimetype="application/x-protobuf")


def _spans_of(body: bytes) -> list[Span]:
    message = ExportTraceServiceRequest()
    try:
        message.ParseFromString(body)
        return [
            Span.from_otel_proto(span, resource=of_resource.resource)
            for of_resource in message.resource_spans
            for of_scope in of_resource.scope_spans
            for span in of_scope.spans
        ]
    except (DecodeError, ValueError, KeyError, MlflowException) as error:
        raise MlflowException.invalid_parameter_value("The body is no list of OpenTelemetry spans.") from error
