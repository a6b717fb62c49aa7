"""What was tried against runs, and held or was mended: each with its request."""

import time
from uuid import uuid4

import pytest

from registry.models import ArtifactRoot
from registry.tracking import wire
from tests.tracking import make_logged

pytestmark = [pytest.mark.django_db, pytest.mark.both_servers]
V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts/artifacts"
ASSESSMENT = {"assessment_name": "a", "source": {"source_type": "HUMAN", "source_id": "x"}, "feedback": {"value": 1}}


def trace_in(one, trace_id, **more):
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one.experiment}}
    about = {"trace_id": trace_id, "trace_location": where, "request_time": "2026-01-01T00:00:00Z", "state": "OK"}
    return {"trace": {"trace_info": {**about, **more}}}


@pytest.fixture
def theirs(logged, cast):
    """The owner's, which the readers' group may read."""
    logged.shared(cast)
    return logged


@pytest.fixture
def mine(theirs, cast):
    """One of the reader's own."""
    own = make_logged()
    own.row(cast.reader)
    return own


def assess(api, user, trace):
    return api(user).ok("POST", f"{V3}/traces/{trace}/assessments", {"assessment": {**ASSESSMENT, "trace_id": trace}})


@pytest.mark.parametrize("way", ["get", "batchGet", "delete"])
def test_no_address_in_a_tag_is_opened(api, cast, mine, tmp_path, way, settings):
    (tmp_path / "traces.pb").write_bytes(b"a file of the server")
    archived = {"mlflow.trace.spansLocation": "ARCHIVE_REPO", "mlflow.trace.archiveLocation": tmp_path.as_uri()}
    ask, trace = api(cast.reader), f"tr-{uuid4().hex}"
    begun = ask("POST", f"{V3}/traces", trace_in(mine, trace, tags=archived))
    if settings.TRACKING_URL:  # which would open it
        assert begun.status_code == 400
        ask.ok("POST", f"{V3}/traces", trace_in(mine, trace))
        for path in (f"{V3}/traces/{trace}/tags", f"{V2}/traces/{trace}/tags"):
            for key, value in archived.items():
                assert ask.error("PATCH", path, {"key": key, "value": value})[0] == 400
    if way == "delete":
        ask.ok("POST", f"{V3}/traces/delete-traces", {"experiment_id": mine.experiment, "request_ids": [trace]})
        assert ask.error("GET", f"{V3}/traces/{trace}")[0] == 404
    else:
        parameter = "trace_id" if way == "get" else "trace_ids"
        answer = ask("GET", f"{V3}/traces/{way}?{parameter}={trace}")
        assert answer.status_code < 500, answer.content
        assert b"a file" not in answer.content
    assert (tmp_path / "traces.pb").read_bytes() == b"a file of the server"


@pytest.mark.parametrize("name", ["assessment_id", "assessmentId"])
def test_whoever_reads_an_assessment_cannot_take_it(api, cast, theirs, mine, name):
    made = assess(api, cast.writer, theirs.trace)["assessment"]["assessment_id"]
    about = f"{V3}/traces/{theirs.trace}/assessments/{made}"
    before = api(cast.reader).ok("GET", about)
    stolen = [{**ASSESSMENT, name: made, "trace_id": mine.trace}]
    for _ in range(2):
        answer = api(cast.reader)("POST", f"{V3}/traces", trace_in(mine, mine.trace, assessments=stolen))
        assert answer.status_code in (400, 404, 409), answer.content
    assert api(cast.writer).ok("GET", about) == before


@pytest.mark.own_server
def test_an_expression_stops_nobody(api, cast, mine):
    ask = api(cast.reader)
    ask.ok("PATCH", f"{V3}/traces/{mine.trace}/tags", {"key": "k", "value": "a" * 40 + "!"})
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": mine.experiment}}
    began = time.monotonic()
    answer = ask("POST", f"{V3}/traces/search", {"locations": [where], "filter": "tags.k RLIKE '(a+)+$'"})
    assert answer.status_code in (200, 400, 503), answer.content
    assert time.monotonic() - began < 28
    assert wire.ask("GET", "health", scope="").status == 200


def test_a_trace_that_comes_again_elsewhere_has_none_of_its_files(api, cast, theirs, mine):
    old = f"{PROXY}/{theirs.experiment}/traces/{theirs.trace}/artifacts/traces.json"
    assert api(cast.writer)("PUT", old, b"secret").status_code == 200
    gone = {"experiment_id": theirs.experiment, "request_ids": [theirs.trace]}
    api(cast.writer).ok("POST", f"{V3}/traces/delete-traces", gone)
    api(cast.reader).ok("POST", f"{V3}/traces", trace_in(mine, theirs.trace))
    new = f"{PROXY}/{mine.experiment}/traces/{theirs.trace}/artifacts/traces.json"
    assert api(cast.reader).error("GET", new)[0] == 404
    assert api(cast.reader)("PUT", new, b"mine").status_code == 200
    assert api(cast.writer).error("GET", new)[0] == 404
    assert ArtifactRoot.objects.filter(key=theirs.trace).count() == 2


def test_a_signed_url_of_a_trace_ends_with_it(api, cast, theirs):
    path = f"{theirs.experiment}/traces/{theirs.trace}/artifacts/traces.json"
    api(cast.writer)("PUT", f"{PROXY}/{path}", b"secret")
    url = api(cast.reader).ok("GET", f"/api/2.0/mlflow-artifacts/presigned/{path}")["url"]
    gone = {"experiment_id": theirs.experiment, "request_ids": [theirs.trace]}
    api(cast.writer).ok("POST", f"{V3}/traces/delete-traces", gone)
    assert api()("GET", url).status_code == 404


def test_a_trace_does_not_move(api, cast, theirs):
    other = make_logged()
    other.row(cast.owner)
    assert api(cast.owner).error("POST", f"{V3}/traces", trace_in(other, theirs.trace))[0] == 404
    told = api(cast.reader).ok("GET", f"{V3}/traces/{theirs.trace}")["trace"]["trace_info"]
    assert told["trace_location"]["mlflow_experiment"]["experiment_id"] == theirs.experiment


@pytest.mark.own_server
@pytest.mark.parametrize("scope", ["mine", "nothing"])
def test_the_second_wall_covers_what_hangs_on_a_trace(api, cast, theirs, mine, scope):
    made = assess(api, cast.writer, theirs.trace)["assessment"]["assessment_id"]
    api(cast.writer).ok("PATCH", f"{V3}/traces/{theirs.trace}/tags", {"key": "k", "value": "v"})
    narrowed = mine.experiment if scope == "mine" else ""
    at = f"api/3.0/mlflow/traces/{theirs.trace}"
    for method, path, body in [
        ("PATCH", f"{at}/tags", {"key": "k", "value": "forged"}), ("DELETE", f"{at}/tags", {"key": "k"}),
        ("GET", f"{at}/assessments/{made}", None), ("DELETE", f"{at}/assessments/{made}", {}),
        ("PATCH", f"{at}/assessments/{made}", {"assessment": {**ASSESSMENT, "assessment_name": "b"},
                                               "update_mask": "assessmentName"}),
        ("GET", f"api/2.0/mlflow/metrics/get-history?run_id={theirs.run}&metric_key=loss", None),
    ]:  # fmt: skip
        answer = wire.ask(method, path, scope=narrowed, body=body)
        assert answer.status == 404 or answer.body.strip() == b"{}", (method, path, answer.body)
    told = api(cast.reader).ok("GET", at.join("/ ").strip())["trace"]["trace_info"]
    assert told["tags"]["k"] == "v"
    assert api(cast.reader).ok("GET", f"/{at}/assessments/{made}")["assessment"]["assessment_name"] == "a"


@pytest.mark.parametrize("sign", ["%2D", "%3F", "%23", "%25", "%2E%2E"])
def test_an_address_is_read_once(api, cast, theirs, mine, sign):
    """An id of one's own that would be another's if it were decoded once more."""
    hidden = f"tr-{uuid4().hex}"
    api(cast.writer).ok("POST", f"{V3}/traces", trace_in(theirs, hidden))
    own = hidden.replace("-", sign)
    api(cast.reader).ok("POST", f"{V3}/traces", trace_in(mine, own))
    address = own.replace("%", "%25")
    body = {"key": "k", "value": "v"}
    api(cast.reader)("PATCH", f"{V3}/traces/{address}/tags", body)
    told = api(cast.reader).ok("GET", f"{V3}/traces/{hidden}")["trace"]["trace_info"]
    assert "k" not in told.get("tags", {})


@pytest.mark.own_server
def test_a_trace_that_is_not_whole_keeps_nobody_waiting(api, cast, mine):
    kept = {"mlflow.trace.spansLocation": "TRACKING_STORE"}
    ask, trace = api(cast.reader), f"tr-{uuid4().hex}"
    ask.ok("POST", f"{V3}/traces", trace_in(mine, trace, tags=kept))
    began = time.monotonic()
    assert ask("GET", f"{V3}/traces/get?trace_id={trace}").status_code in (200, 404)
    assert time.monotonic() - began < 2.5


def test_who_may_only_read_opens_no_tree(api, cast, theirs):
    path = f"/api/2.0/fs/files/WorkspaceInternal/Mlflow/Artifacts/{theirs.experiment}/Runs/{theirs.run}/artifacts/f"
    for query in ("action=initiate-upload", "action=complete-upload&session_token=x"):
        assert api(cast.reader)("POST", f"{path}?{query}").status_code == 403
    assert not ArtifactRoot.objects.exists()
