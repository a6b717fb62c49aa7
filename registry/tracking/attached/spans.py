"""The traces that spans belong to, as OpenTelemetry sends them: the attached server would add them to any trace.

Loaded where a server is attached alone: it costs each web worker some megabytes.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from registry.exceptions import InvalidParameterValue


def trace_ids_of(body: bytes) -> set[str]:
    """Return the ids of the traces in a request of OTLP over HTTP, as MLflow writes them."""
    message = ExportTraceServiceRequest()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise InvalidParameterValue("The body is no list of OpenTelemetry spans.") from error
    scopes = (scope for resource in message.resource_spans for scope in resource.scope_spans)
    return {f"tr-{span.trace_id.hex()}" for scope in scopes for span in scope.spans}
