"""What spans name, as OpenTelemetry sends them: the attached server would add them to any trace, and open any address.

Loaded only where a server is attached: it costs each web worker some megabytes.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from registry.exceptions import InvalidParameterValue
from registry.tracking.attached.guarding import require_no_address

_TAG = "mlflow.traceTag."
"""How the attributes of a span that become tags of its trace begin."""
_ID_LENGTH = 16
"""Bytes of a trace's id. MLflow reads a number of any length, so that one trace has many spellings."""


def trace_ids_of(body: bytes) -> set[str]:
    """Return the ids of the traces in a request of OTLP over HTTP, as MLflow writes them."""
    message = ExportTraceServiceRequest()
    try:
        message.ParseFromString(body)
    except DecodeError as error:
        raise InvalidParameterValue("The body isn't a list of OpenTelemetry spans.") from error
    spans = [span for resource in message.resource_spans for scope in resource.scope_spans for span in scope.spans]
    for span in spans:
        require_no_address(attribute.key.removeprefix(_TAG) for attribute in span.attributes)
        if len(span.trace_id) != _ID_LENGTH:
            raise InvalidParameterValue(f"The id of a trace has {_ID_LENGTH} bytes.")
    return {f"tr-{span.trace_id.hex()}" for span in spans}
