"""Spans by OpenTelemetry's own protocol."""

from uuid import uuid4

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from registry.tracking import wire
from tests.tracking import make_logged

pytestmark = [pytest.mark.django_db, pytest.mark.both_servers]


def spans(trace_id, name="root"):
    message = ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = bytes.fromhex(trace_id), bytes.fromhex(uuid4().hex[:16]), name
    span.start_time_unix_nano, span.end_time_unix_nano = 1_700_000_000_000_000_000, 1_700_000_001_000_000_000
    return message.SerializeToString()


def send(api, user, body, experiment, **headers):
    headers = {"X-MLflow-Experiment-Id": experiment, **headers}
    return api(user)("POST", "/v1/traces", body, headers=headers)


def test_spans_become_a_trace(api, cast, logged):
    logged.shared(cast)
    trace_id = uuid4().hex
    answer = send(api, cast.writer, spans(trace_id), logged.experiment, **{"X-MLflow-Run-Id": logged.run})
    assert answer.status_code == 200, answer.content
    trace = api(cast.reader).ok("GET", f"/api/3.0/mlflow/traces/get?trace_id=tr-{trace_id}")["trace"]
    assert [span["name"] for span in trace["spans"]] == ["root"]


def test_rights_are_those_of_the_experiment_and_of_the_run(api, cast, logged):
    logged.shared(cast)
    mine = make_logged()
    mine.row(cast.stranger)
    body = spans(uuid4().hex)
    assert send(api, cast.reader, body, logged.experiment).status_code == 403
    assert send(api, cast.stranger, body, logged.experiment).status_code == 404
    assert send(api, cast.stranger, body, mine.experiment, **{"X-MLflow-Run-Id": logged.run}).status_code == 404
    assert send(api, None, body, logged.experiment).status_code == 401


def test_nobody_writes_into_anothers_trace(api, cast, logged):
    logged.shared(cast)
    mine, trace_id = make_logged(), uuid4().hex
    mine.row(cast.stranger)
    assert send(api, cast.writer, spans(trace_id), logged.experiment).status_code == 200
    about = f"api/3.0/mlflow/traces/get?trace_id=tr-{trace_id}"
    before = wire.ask("GET", about, scope="*").body
    answer = send(api, cast.stranger, spans(trace_id, "forged"), mine.experiment)
    assert answer.status_code in (400, 404, 409), answer.content
    assert wire.ask("GET", about, scope="*").body == before


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff" * 100, b"x" * 10_000])
def test_what_is_no_list_of_spans_is_refused(api, cast, logged, body):
    logged.shared(cast)
    answer = send(api, cast.writer, body, logged.experiment)
    assert answer.status_code == 400, answer.content
