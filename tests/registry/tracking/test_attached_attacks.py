"""What was tried against an attached MLflow server, and held or was mended: each with its request."""

import json
from base64 import b64encode
from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from registry import attached, storage, tasks
from registry.exceptions import FileDoesNotExist, InvalidState, TrackingUnavailable
from registry.models import Experiment, ModelVersion
from registry.storage import artifact_store
from registry.storage import attached as attached_files
from registry.storage.attached import location_of
from registry.tracking import experiments, wire
from registry.tracking.attached import experiments as attached_experiments
from registry.tracking.attached import line
from tests.tracking import ATTACHED, SIGNED, ask, make_logged

pytestmark = [pytest.mark.django_db, pytest.mark.parametrize("tracking", [ATTACHED], indirect=True)]
V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"
PROXY = "/api/2.0/mlflow-artifacts"
ASSESSMENT = {"assessment_name": "a", "source": {"source_type": "HUMAN", "source_id": "x"}, "feedback": {"value": 1}}


def fresh():
    return f"experiment {uuid4().hex}"


def made(name):
    """Make an experiment at the server itself, and return its id."""
    return int(ask("experiments/create", name=name)["experiment_id"])


def row_of(key, **values):
    return Experiment.objects.create(
        experiment_id=key, name=fresh(), **{"created_by": "x", "updated_by": "x", **values}
    )


@pytest.fixture
def theirs(logged, cast):
    logged.shared(cast)
    return logged


@pytest.fixture
def mine(theirs, cast):
    own = make_logged()
    own.row(cast.stranger)
    return own


@pytest.fixture
def sent(monkeypatch):
    """Every request to the server: method, path and what else."""
    requests, real = [], attached.send

    def send(method, path, **more):
        requests.append((method, path, more))
        return real(method, path, **more)

    monkeypatch.setattr(attached, "send", send)
    return requests


def spans(trace_id, name="root", **attributes):
    message = ExportTraceServiceRequest()
    span = message.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id, span.name = trace_id, bytes.fromhex(uuid4().hex[:16]), name
    span.start_time_unix_nano, span.end_time_unix_nano = 1_700_000_000_000_000_000, 1_700_000_001_000_000_000
    for key, value in attributes.items():
        attribute = span.attributes.add()
        attribute.key, attribute.value.string_value = key, value
    return message.SerializeToString()


def send(api, user, body, experiment):
    return api(user)("POST", "/v1/traces", body, headers={"X-MLflow-Experiment-Id": experiment})


@pytest.mark.parametrize("tag", ["mlflow.trace.archiveLocation", "mlflow.artifactLocation"])
def test_spans_name_no_address(api, cast, mine, tmp_path, tag):
    trace = uuid4()
    body = spans(trace.bytes, **{f"mlflow.traceTag.{tag}": tmp_path.as_uri()})
    assert send(api, cast.stranger, body, mine.experiment).status_code == 400
    assert api(cast.stranger).error("GET", f"{V3}/traces/tr-{trace.hex}")[0] == 404


@pytest.mark.parametrize("pad", ["long", "short"])
def test_a_trace_has_one_spelling(api, cast, theirs, mine, pad):
    trace = uuid4().bytes if pad == "long" else b"\0" * 4 + uuid4().bytes[:12]
    assert send(api, cast.writer, spans(trace), theirs.experiment).status_code == 200
    other = b"\0" + trace if pad == "long" else trace[4:]
    assert send(api, cast.stranger, spans(other, "forged"), mine.experiment).status_code == 400
    assert send(api, cast.stranger, spans(trace, "forged"), mine.experiment).status_code == 404
    told = wire.ask("GET", f"api/3.0/mlflow/traces/get?trace_id=tr-{trace.hex()}", scope="*").json()
    assert [span["name"] for span in told["trace"]["spans"]] == ["root"]


def test_an_assessment_overrides_none_of_another_trace(api, cast, theirs, mine):
    about = f"{V3}/traces/{theirs.trace}/assessments"
    key = api(cast.writer).ok("POST", about, {"assessment": ASSESSMENT})["assessment"]["assessment_id"]
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": mine.experiment}}
    info = {
        "trace_id": f"tr-{uuid4().hex}", "trace_location": where, "request_time": "2026-01-01T00:00:00Z",
        "state": "OK", "assessments": [{**ASSESSMENT, "overrides": key}],
    }  # fmt: skip
    assert api(cast.stranger).error("POST", f"{V3}/traces", {"trace": {"trace_info": info}})[0] == 400
    assert api(cast.writer).ok("GET", f"{about}/{key}")["assessment"]["valid"]


def test_nobody_counts_hidden_experiments_by_a_token_of_the_servers(api, cast, theirs):
    prefix = uuid4().hex
    for hidden in ("a", "b"):
        made(f"{prefix} {hidden}")
    row_of(made(f"{prefix} z"), owner_user=cast.stranger)
    for offset in range(4):
        token = b64encode(json.dumps({"offset": offset}).encode()).decode()
        for name in ("pageToken", "page_token"):
            body = {"filter": f"name LIKE '{prefix}%'", "maxResults": 5, name: token}
            assert api(cast.stranger).error("POST", f"{V2}/experiments/search", body)[0] == 400


@pytest.mark.parametrize("token", [5, ["x"], {"a": 1}, True])
def test_a_token_is_a_text(api, cast, theirs, token):
    assert api(cast.writer).error("POST", f"{V2}/experiments/search", {"page_token": token})[0] == 400


@pytest.mark.parametrize("call", ["list", "search"])
def test_numbers_of_a_query_are_texts(api, cast, theirs, call):
    found = api(cast.writer).ok("GET", f"{V2}/experiments/{call}?max_results=5")["experiments"]
    assert [item["experiment_id"] for item in found] == [theirs.experiment]


def test_who_had_an_id_before_has_no_right_to_whatever_gets_it(api, cast, tracking):
    key = made(fresh())
    row_of(key, made_at=1, owner_user=cast.stranger)
    row_of(made(fresh()), made_at=attached_experiments.made_at(key))  # one of this server's
    Experiment.objects.exclude(experiment_id=key).update(
        made_at=attached_experiments.made_at(Experiment.objects.exclude(experiment_id=key).get().experiment_id)
    )
    attached_experiments.synchronize()
    row = Experiment.objects.get(experiment_id=key)
    assert (row.owner, row.made_at) == (None, attached_experiments.made_at(key))
    assert api(cast.stranger).error("GET", f"{V2}/experiments/get?experiment_id={key}")[0] == 404


def test_a_new_experiment_takes_the_place_of_one_that_had_its_id(api, cast, tracking):
    newest = made(fresh())
    row_of(newest, made_at=attached_experiments.made_at(newest))
    row_of(newest + 1, made_at=1, owner_user=cast.stranger)
    key = api(cast.owner).ok("POST", f"{V2}/experiments/create", {"name": fresh()})["experiment_id"]
    assert int(key) == newest + 1
    assert Experiment.objects.get(experiment_id=key).owner == cast.owner
    assert api(cast.stranger).error("GET", f"{V2}/experiments/get?experiment_id={key}")[0] == 404


def test_whoever_asks_while_the_server_is_away_owns_nothing_of_others(api, cast, tracking, settings):
    name = fresh()
    key = made(name)  # by somebody, at the server itself; not yet known here
    url, settings.TRACKING_URL = settings.TRACKING_URL, "http://127.0.0.1:9"
    assert api(cast.stranger).error("POST", f"{V2}/experiments/create", {"name": name})[0] == 503
    settings.TRACKING_URL = url
    attached_experiments.synchronize()
    Experiment.objects.update(created_at=timezone.now() - timedelta(hours=1))
    experiments.settle_all()
    attached_experiments.synchronize()
    assert Experiment.objects.get(experiment_id=key).owner is None
    assert api(cast.stranger).error("GET", f"{V2}/experiments/get?experiment_id={key}")[0] == 404


def test_what_we_have_made_and_were_not_told_of_is_its_makers(api, cast, tracking, monkeypatch):
    name, real = fresh(), wire.ask

    def lost(method, path, **more):
        answer = real(method, path, **more)
        if path.endswith("create"):
            raise TrackingUnavailable("lost")
        return answer

    monkeypatch.setattr(wire, "ask", lost)
    assert api(cast.owner).error("POST", f"{V2}/experiments/create", {"name": name})[0] == 503
    monkeypatch.setattr(wire, "ask", real)
    attached_experiments.synchronize()
    experiments.settle(Experiment.objects.get(name=name))
    assert Experiment.objects.get(name=name).owner == cast.owner


def test_ids_of_models_are_no_paths(api, cast, theirs, mine):
    told = set()
    for model in (theirs.model, f"m-{uuid4().hex}"):
        params = {"run_id": mine.run, "key": "k", "value": 1, "timestamp": 1}
        answer = api(cast.stranger)(
            "POST", f"{V2}/runs/log-metric", {**params, "model_id": f"{model}/artifacts/directories"}
        )
        told.add((answer.status_code, answer.json()["message"].replace(model, "…")))
    assert len(told) == 1
    assert {status for status, _ in told} == {404}


def test_that_the_newest_are_gone_locks_nobody_out(api, cast, tracking):
    key = made(fresh())
    row_of(key, made_at=attached_experiments.made_at(key), owner_user=cast.owner)
    for number in range(30):
        row_of(10**9 + number, made_at=number)
    line._sure_until.clear()
    assert api(cast.owner)("GET", f"{V2}/experiments/get?experiment_id={key}").status_code == 200
    Experiment.objects.update(created_at=timezone.now() - timedelta(hours=1))
    attached_experiments.synchronize()
    assert not Experiment.objects.filter(experiment_id__gte=10**9).exists()


def test_a_server_that_is_swapped_serves_nobody_for_long(api, cast, theirs, monkeypatch):
    about = f"{V2}/experiments/get?experiment_id={theirs.experiment}"
    Experiment.objects.update(made_at=attached_experiments.made_at(int(theirs.experiment)))
    assert api(cast.reader)("GET", about).status_code == 200
    Experiment.objects.update(made_at=1)  # as if another server answered there now
    with pytest.raises(TrackingUnavailable):
        attached_experiments.synchronize()
    assert api(cast.reader).error("GET", about)[0] == 503


def test_ids_that_nobody_knows_cost_few_requests(api, cast, mine, sent):
    models = [{"model_id": f"m-{number:032x}", "step": 0} for number in range(150)]
    for run in (mine.run, "0" * 32):
        sent.clear()
        assert api(cast.stranger).error("POST", f"{V2}/runs/outputs", {"run_id": run, "models": models})[0] == 404
        assert len(sent) <= 3
    body = {"run_id": mine.run, "models": [{**models[0], "model_id": f"m-{n:032x}"} for n in range(300)]}
    assert api(cast.stranger).error("POST", f"{V2}/runs/outputs", body)[0] == 400


def test_a_connection_is_good_after_a_file_that_is_missing(theirs):
    location = location_of("run", int(theirs.experiment), theirs.run)
    for _ in range(10):
        with pytest.raises(FileDoesNotExist):
            artifact_store(location).read(location, "missing", 0, 1)
        assert line.call("POST", "api/2.0/mlflow/runs/set-tag", {"run_id": theirs.run, "key": "a", "value": "b"}) == {}


def test_an_upload_that_was_aborted_is_not_told_as_done(api, cast, theirs):
    write, path = api(cast.writer), f"{theirs.experiment}/{theirs.run}/artifacts"
    assert write("PUT", f"{PROXY}/artifacts/{path}/f", b"old").status_code == 200
    begun = write.ok("POST", f"{PROXY}/mpu/create/{path}", {"path": "f", "num_parts": 1})
    ended = {"path": "f", "upload_id": begun["upload_id"]}
    write.ok("POST", f"{PROXY}/mpu/abort/{path}", ended)
    ended["parts"] = [{"part_number": 1, "etag": "x"}]
    assert write("POST", f"{PROXY}/mpu/complete/{path}", ended).status_code >= 400
    assert b"".join(write("GET", f"{PROXY}/artifacts/{path}/f")) == b"old"


def test_a_deletion_that_is_refused_is_told_so(api, cast, theirs, monkeypatch):
    write, path, real = api(cast.writer), f"{theirs.experiment}/{theirs.run}/artifacts/f", attached.send
    assert write("PUT", f"{PROXY}/artifacts/{path}", b"old").status_code == 200

    def refuse(method, where, **more):
        if method == "DELETE":
            return real("GET", "api/2.0/mlflow/runs/get", query={"run_id": "0" * 32})  # a 404 of the server
        return real(method, where, **more)

    monkeypatch.setattr(attached, "send", refuse)
    assert write("DELETE", f"{PROXY}/artifacts/{path}").status_code == 400


def test_a_file_that_is_shorter_than_listed_is_not_whole(theirs):
    location = location_of("run", int(theirs.experiment), theirs.run)
    put(theirs, f"{theirs.run}/artifacts", "f", b"abc")
    with pytest.raises(InvalidState, match="shorter"):
        list(artifact_store(location).read(location, "f", 0, 10))
    pieces = artifact_store(location).read(location, "f", 0, 10)
    with pytest.raises(InvalidState, match="shorter"):
        storage.write_through(pieces, storage.new_location(uuid4()), "f", lambda size: None)


def put(one, place, name, content):
    """Write a file past us."""
    where = f"api/2.0/mlflow-artifacts/artifacts/{one.experiment}/{place}/{name}"
    assert attached.send("PUT", where, body=content).status == 200


def register(api, cast, source):
    body = {"name": "shop.ml.churn", "source": source}
    return api(cast.writer)("POST", f"{V2}/model-versions/create", body)


@pytest.mark.parametrize("names", [("aux.txt",), ("name.",), ("A", "a")])
def test_names_that_no_upload_of_ours_may_have_are_not_registered(api, cast, theirs, names):
    place = f"models/{theirs.model}/artifacts"
    put(theirs, place, "MLmodel", SIGNED.encode())
    for name in names:
        put(theirs, place, f"data/{name}", b"x")
    assert register(api, cast, f"models:/{theirs.model}").status_code == 400
    assert not ModelVersion.objects.filter(source=f"models:/{theirs.model}").exists()


def test_files_that_grow_while_they_are_copied_are_not_registered(api, cast, theirs, monkeypatch):
    place, real = f"models/{theirs.model}/artifacts", attached_files.AttachedFiles.read
    put(theirs, place, "MLmodel", SIGNED.encode())
    put(theirs, place, "data", b"x")
    answer = register(api, cast, f"models:/{theirs.model}")
    number = answer.json()["model_version"]["version"]

    def growing(self, location, path, start, length):
        put(theirs, place, "data", b"xx")
        return real(self, location, path, start, length)

    monkeypatch.setattr(attached_files.AttachedFiles, "read", growing)
    version = ModelVersion.objects.get(registered_model__name="churn", version=number)
    tasks.run_job(str(version.jobs.get().pk))
    version.refresh_from_db()
    assert (version.status, "changed in the meantime" in version.status_message) == ("FAILED_REGISTRATION", True)


def test_what_lies_elsewhere_in_the_run_is_not_listed(api, cast, theirs, monkeypatch, sent):
    put(theirs, f"{theirs.run}/artifacts", "old/MLmodel", SIGNED.encode())
    for number in range(6):
        put(theirs, f"{theirs.run}/artifacts", f"plots{number}/f", b"x")
        put(theirs, f"{theirs.run}/artifacts", f"old/f{number}", b"x")
    monkeypatch.setattr(attached_files, "_MOST_DIRECTORIES", 5)
    answer = register(api, cast, f"runs:/{theirs.run}/old")
    assert answer.status_code == 200, answer.content
    number = answer.json()["model_version"]["version"]
    version = ModelVersion.objects.get(registered_model__name="churn", version=number)
    sent.clear()
    tasks.run_job(str(version.jobs.get().pk))
    version.refresh_from_db()
    assert version.status == "READY"
    assert len([path for _, path, _ in sent if path.endswith("artifacts/list")]) <= 4


def test_a_search_is_passed_on_in_one_spelling(api, cast, theirs, mine, sent):
    both = {"experiment_ids": [mine.experiment], "experimentIds": [theirs.experiment]}
    api(cast.stranger).ok("POST", f"{V2}/runs/search", both)
    passed = [json.loads(more["body"]) for _, path, more in sent if path.endswith("runs/search")]
    assert [(body["experiment_ids"], "experimentIds" in body) for body in passed] == [([mine.experiment], False)]
    api(cast.stranger).ok("POST", f"{V2}/runs/search", {"experimentIds": [mine.experiment]})
    where = {"mlflow_experiment": {"experiment_id": mine.experiment}}
    mixed = {**where, "mlflowExperiment": {"experimentId": theirs.experiment}}
    assert api(cast.stranger).ok("POST", f"{V3}/traces/search", {"locations": [mixed]}) == {}
