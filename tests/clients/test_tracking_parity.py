"""What MLflow's stock client is told here and by `mlflow server`, call by call and field by field."""

import json
import re
from urllib.parse import urlsplit

import pytest
import requests

from tests.benchmarks.registry import mlflow_server
from tests.clients.conftest import forget_the_experiment
from tests.clients.runs import is_up
from tests.clients.tracking_scenario import walk
from tests.live import eventually

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the client's own
]
LEAST = 150
"""Calls that have to be compared."""
ID = re.compile(r"\b(m-[0-9a-f]{32}|tr-[0-9a-f]{32}|[0-9a-f]{32})\b")
TIMES = {"creation_time", "last_update_time", "creation_timestamp_ms", "last_updated_timestamp_ms", "end_time",
         "last_modified", "request_time", "execution_duration"}  # fmt: skip
REASONS = {
    "user_id": "the user of a run is whoever holds the token, and not whom a client's operating system names",
    "message": "some errors are told by our door, in words of its own",
    "details": "our errors have them, as Databricks' have",
    "sqlstate": "MLflow's errors have the class of an exception beside their code",
    "error_class": "as sqlstate",
}
"""The fields that may differ, and why. (The tag `mlflow.user` may as `user_id` may.)"""
ELSEWHERE = {
    (
        "/api/2.0/mlflow/experiments/update",
        "error_code",
    ): "a name that is taken is told as by create, which MLflow calls a bad request here",
    ("/api/3.0/mlflow/server-info", "multipart_uploads_enabled"): "files lie in our storage, which takes parts",
    ("/api/3.0/mlflow/server-info", "multipart_downloads_enabled"): "and gives parts out by signed URLs",
    ("/api/3.0/mlflow/server-info", "presigned_upload_run_id_supported"): "signed URLs are for reading here",
    ("/api/3.0/mlflow/server-info", "presigned_upload_model_id_supported"): "signed URLs are for reading here",
    ("/api/3.0/mlflow/server-info", "features_enabled"): "there is no gateway",
}
"""Fields that may differ in the answers to one call, and why."""


class Recorder:
    """Every call of the client in this process, and what it was told."""

    def __init__(self, monkeypatch):
        self.calls, send = [], requests.Session.send

        def recorded(session, request, **options):
            answer = send(session, request, **options)
            path = urlsplit(request.url)
            if "/mlflow/" in path.path:  # and not /mlflow-artifacts/: bytes go by signed URLs here
                self.calls.append(
                    (request.method, path.path, path.query, request.body, answer.status_code, told(answer))
                )
            return answer

        monkeypatch.setattr(requests.Session, "send", recorded)

    def take(self):
        """Return the calls since the last time, with names in the place of ids."""
        taken, self.calls = self.calls, []
        return taken


def told(answer):
    try:
        return answer.json()
    except requests.JSONDecodeError:
        return None


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("parity") / "data", demo=False, TRACKING="1") as running:
        yield running


def named(calls):
    """Replace ids by the order in which they came up, and numbers of experiments by their names' places."""
    known = {}

    def name(match):
        return known.setdefault(match[0], f"<id {len(known)}>")

    return [
        (method, ID.sub(name, path), status, json.loads(ID.sub(name, json.dumps(content, sort_keys=True))))
        for method, path, _, _, status, content in calls
    ]


def differences(theirs, ours, path, field=""):
    """Yield the fields in which two answers differ, apart from times and what may differ."""
    if field in TIMES or field in REASONS or (path, field) in ELSEWHERE:
        return
    if isinstance(theirs, dict) and isinstance(ours, dict):
        for name in sorted(theirs.keys() | ours.keys()):
            yield from differences(theirs.get(name), ours.get(name), path, name)
    elif isinstance(theirs, list) and isinstance(ours, list):
        theirs, ours = comparable(theirs), comparable(ours)
        if len(theirs) != len(ours):
            yield f"{path} {field}: {theirs} / {ours}"
        for one, other in zip(theirs, ours, strict=False):
            yield from differences(one, other, path, field)
    elif theirs != ours:
        yield f"{path} {field}: {theirs} / {ours}"


def comparable(items):
    """Items of a list as they can be compared: params and tags of a run come in no order."""
    pairs = [item for item in items if isinstance(item, dict) and item.keys() == {"key", "value"}]
    if not items or len(pairs) < len(items):
        return items
    return sorted((item for item in items if item["key"] != "mlflow.user"), key=lambda item: item["key"])


def test_the_client_is_told_the_same(product, tmp_path, monkeypatch):
    import mlflow

    forget_the_experiment(monkeypatch)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", product.first_run("Access token"))
    monkeypatch.setenv("MLFLOW_ENABLE_ASYNC_TRACE_LOGGING", "false")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    recorder, heard = Recorder(monkeypatch), []
    with mlflow_server(tmp_path / "mlflow.db") as port:
        for uri in (f"http://127.0.0.1:{port}", product.url):
            mlflow.set_tracking_uri(uri)
            eventually(lambda: is_up(mlflow))
            recorder.take()
            walk(uri, tmp_path)
            heard.append(named(recorder.take()))
    theirs, ours = heard
    assert [call[:2] for call in theirs] == [call[:2] for call in ours]
    assert len(theirs) >= LEAST
    found = [
        difference
        for (_, path, status, content), (_, _, our_status, our_content) in zip(theirs, ours, strict=True)
        for difference in differences({"status": status, **content}, {"status": our_status, **our_content}, path)
    ]
    assert found == []
