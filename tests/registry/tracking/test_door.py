"""Runs, metrics, models and traces of experiments that one may not see, by every id that a request can hold."""

import pytest

from registry.tracking import wire
from registry.tracking.routes import ROUTES
from tests.tracking import make_logged

pytestmark = [pytest.mark.django_db, pytest.mark.both_servers]
V2, V3 = "/api/2.0/mlflow", "/api/3.0/mlflow"


@pytest.fixture
def hidden(logged, cast):
    """An experiment of the owner's alone."""
    logged.row(cast.owner)
    return logged


@pytest.fixture
def mine(hidden, cast):
    """One that the stranger owns."""
    own = make_logged()
    own.row(cast.stranger)
    return own


def metric(**more):
    return {"key": "m", "value": 1.0, "timestamp": 1, "step": 0, **more}


def calls_about(one):
    """Each call with an id of ``one`` in it, at each place where an id can stand."""
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": one.experiment}}
    started = {"trace_id": one.trace, "trace_location": location, "request_time": "2026-01-01T00:00:00Z"}
    assessment = {"assessment": {"assessment_name": "a", "trace_id": one.trace, "feedback": {"value": 1}}}
    yield "GET", f"{V2}/experiments/get?experiment_id={one.experiment}", None
    yield "GET", f"{V2}/experiments/get-by-name?experiment_name={one.name}", None
    for call in ("delete", "restore"):
        yield "POST", f"{V2}/experiments/{call}", {"experiment_id": one.experiment}
    yield "POST", f"{V2}/experiments/update", {"experiment_id": one.experiment, "new_name": "x"}
    for call in ("set-experiment-tag", "delete-experiment-tag"):
        yield "POST", f"{V2}/experiments/{call}", {"experiment_id": one.experiment, "key": "k", "value": "v"}
    yield "POST", f"{V2}/runs/create", {"experiment_id": one.experiment}
    yield "POST", f"{V2}/runs/create", {"experimentId": one.experiment}
    for name in ("run_id", "run_uuid", "runId", "runUuid"):
        yield "POST", f"{V2}/runs/update", {name: one.run, "status": "FAILED"}
        yield "POST", f"{V2}/runs/log-batch", {name: one.run, "metrics": [metric()]}
    for name in ("run_id", "run_uuid"):
        yield "GET", f"{V2}/runs/get?{name}={one.run}", None
        yield "GET", f"{V2}/metrics/get-history?{name}={one.run}&metric_key=loss", None
    for call in ("delete", "restore"):
        yield "POST", f"{V2}/runs/{call}", {"run_id": one.run}
    yield "POST", f"{V2}/runs/log-metric", {"run_id": one.run, **metric()}
    for call in ("log-parameter", "set-tag", "delete-tag"):
        yield "POST", f"{V2}/runs/{call}", {"run_id": one.run, "key": "k", "value": "v"}
    yield "POST", f"{V2}/runs/log-model", {"run_id": one.run, "model_json": "{}"}
    yield "POST", f"{V2}/runs/log-inputs", {"run_id": one.run, "datasets": []}
    yield "POST", f"{V2}/runs/outputs", {"run_id": one.run, "models": [{"model_id": one.model, "step": 0}]}
    yield "GET", f"{V2}/metrics/get-history-bulk-interval?run_ids={one.run}&metric_key=loss&max_results=5", None
    yield "GET", f"{V2}/artifacts/list?run_id={one.run}", None
    yield "POST", f"{V2}/logged-models", {"experiment_id": one.experiment, "name": "x"}
    yield "GET", f"{V2}/logged-models/{one.model}", None
    yield "PATCH", f"{V2}/logged-models/{one.model}", {"status": "LOGGED_MODEL_READY"}
    yield "DELETE", f"{V2}/logged-models/{one.model}", None
    yield "PATCH", f"{V2}/logged-models/{one.model}/tags", {"tags": [{"key": "k", "value": "v"}]}
    yield "DELETE", f"{V2}/logged-models/{one.model}/tags/k", None
    yield "POST", f"{V2}/logged-models/{one.model}/params", {"params": [{"key": "k", "value": "v"}]}
    yield "GET", f"{V2}/logged-models/{one.model}/artifacts/directories", None
    yield "POST", f"{V2}/traces", {"experiment_id": one.experiment, "timestamp_ms": 1}
    yield "PATCH", f"{V2}/traces/{one.trace}", {"timestamp_ms": 1, "status": "OK"}
    yield "GET", f"{V2}/traces/{one.trace}/info", None
    yield "PATCH", f"{V2}/traces/{one.trace}/tags", {"key": "k", "value": "v"}
    yield "DELETE", f"{V2}/traces/{one.trace}/tags", {"key": "k"}
    yield "POST", f"{V3}/traces", {"trace": {"trace_info": started}}
    yield "GET", f"{V3}/traces/{one.trace}", None
    yield "GET", f"{V3}/traces/get?trace_id={one.trace}", None
    yield "GET", f"{V3}/traces/batchGet?trace_ids={one.trace}", None
    yield "POST", f"{V3}/traces/batchGetInfos", {"trace_ids": [one.trace]}
    yield "PATCH", f"{V3}/traces/{one.trace}/tags", {"key": "k", "value": "v"}
    yield "DELETE", f"{V3}/traces/{one.trace}/tags", {"key": "k"}
    yield "POST", f"{V3}/traces/{one.trace}/assessments", assessment
    for method in ("GET", "PATCH", "DELETE"):
        yield method, f"{V3}/traces/{one.trace}/assessments/a-1", None if method == "GET" else assessment
    for call in ("delete-traces", "metrics", "calculate-filter-correlation"):
        body = {"experiment_id": one.experiment, "experiment_ids": [one.experiment], "request_ids": [one.trace]}
        yield "POST", f"{V3}/traces/{call}", body
    yield "POST", f"{V2}/traces/delete-traces", {"experiment_id": one.experiment, "request_ids": [one.trace]}
    yield "POST", f"{V2}/traces/link-to-run", {"run_id": one.run, "trace_ids": [one.trace]}


def mixed_calls(mine, one):
    """Calls about what is one's own, with an id of ``one`` beside it."""
    yield "POST", f"{V2}/runs/log-metric", {"run_id": mine.run, **metric(model_id=one.model)}
    yield "POST", f"{V2}/runs/log-batch", {"run_id": mine.run, "metrics": [metric(), metric(model_id=one.model)]}
    yield "POST", f"{V2}/runs/log-batch", {"run_id": mine.run, "run_uuid": one.run, "metrics": [metric()]}
    yield "POST", f"{V2}/runs/log-inputs", {"run_id": mine.run, "models": [{"model_id": one.model}]}
    yield "POST", f"{V2}/runs/outputs", {"run_id": mine.run, "models": [{"model_id": one.model, "step": 0}]}
    yield "POST", f"{V2}/runs/outputs", {"run_id": mine.run, "models": [{"modelId": one.model, "step": 0}]}
    yield "GET", f"{V2}/metrics/get-history-bulk-interval?run_ids={mine.run}&run_ids={one.run}&metric_key=loss", None
    yield "POST", f"{V2}/logged-models", {"experiment_id": mine.experiment, "name": "x", "source_run_id": one.run}
    yield "POST", f"{V2}/traces/link-to-run", {"run_id": mine.run, "trace_ids": [mine.trace, one.trace]}
    yield "POST", f"{V2}/traces/delete-traces", {"experiment_id": mine.experiment, "request_ids": [one.trace]}
    yield "GET", f"{V3}/traces/batchGet?trace_ids={mine.trace}&trace_ids={one.trace}", None
    yield "POST", f"{V3}/traces/batchGetInfos", {"trace_ids": [mine.trace, one.trace]}
    location = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": mine.experiment}}
    taken = {"trace_id": one.trace, "trace_location": location, "request_time": "2026-01-01T00:00:00Z"}
    yield "POST", f"{V3}/traces", {"trace": {"trace_info": taken}}


def state_of(one):
    """Everything that MLflow tells of an experiment."""
    asked = [
        ("GET", f"api/2.0/mlflow/experiments/get?experiment_id={one.experiment}", None),
        ("POST", "api/2.0/mlflow/runs/search", {"experiment_ids": [one.experiment], "run_view_type": "ALL"}),
        ("POST", "api/2.0/mlflow/logged-models/search", {"experiment_ids": [one.experiment]}),
        ("GET", f"api/3.0/mlflow/traces/{one.trace}", None),
    ]
    return [wire.ask(method, path, scope="*", body=body).body for method, path, body in asked]


def test_nobody_reads_or_changes_what_lies_in_a_hidden_experiment(api, cast, hidden, mine):
    before, ask = state_of(hidden), api(cast.stranger)
    for method, path, body in [*calls_about(hidden), *mixed_calls(mine, hidden)]:
        answer = ask(method, path, body)
        assert answer.status_code == 404, (method, path, body, answer.content)
        assert hidden.name.encode() not in answer.content or hidden.name in path
    assert state_of(hidden) == before


def test_hidden_and_missing_are_told_alike(api, cast, hidden):
    ask = api(cast.stranger)
    for method, path, body in calls_about(hidden):
        told, missing = ask(method, path, body), ask(*_elsewhere(hidden, method, path, body))
        assert missing.status_code == 404
        assert _without_ids(hidden, told) == _without_ids(hidden, missing), path


def _elsewhere(one, method, path, body):
    text = str(body)
    for known, unknown in _unknown(one).items():
        path = path.replace(known, unknown) if known != one.experiment else path
        text = text.replace(f"'{known}'", f"'{unknown}'")
    return method, path.replace(f"experiment_id={one.experiment}", "experiment_id=987654"), eval(text)


def _unknown(one):
    names = {one.run: "1" * 32, one.model: f"m-{'2' * 32}", one.trace: f"tr-{'3' * 32}", one.name: "nothing"}
    return {**names, one.experiment: "987654"}


def _without_ids(one, answer):
    told = answer.json()["message"]
    for known, unknown in _unknown(one).items():
        if len(known) > 6:
            told = told.replace(known, "…").replace(unknown, "…")
    return told.replace(f"id={one.experiment} ", "id=… ").replace("id=987654 ", "id=… ")


def test_whoever_reads_changes_nothing(api, cast, logged):
    logged.shared(cast)
    before, ask = state_of(logged), api(cast.reader)
    needs = {(route.method, route.path.rpartition("/")[2]): route.need for route in ROUTES}
    changed = 0
    for method, path, body in calls_about(logged):
        answer = ask(method, path, body)
        if needs.get((method, path.partition("?")[0].rpartition("/")[2]), "manage") == "read":
            continue
        if answer.status_code == 403:
            assert answer.json()["error_code"] == "PERMISSION_DENIED"
            changed += 1
    assert changed > 25
    assert state_of(logged) == before


def test_searches_leave_out_what_is_hidden(api, cast, hidden, mine):
    ask = api(cast.stranger)
    both = [hidden.experiment, mine.experiment]
    runs = ask.ok("POST", f"{V2}/runs/search", {"experiment_ids": both})["runs"]
    assert {run["info"]["run_id"] for run in runs} == {mine.run, mine.other}
    models = ask.ok("POST", f"{V2}/logged-models/search", {"experiment_ids": both})["models"]
    assert [model["info"]["model_id"] for model in models] == [mine.model]
    locations = [{"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": key}} for key in both]
    traces = ask.ok("POST", f"{V3}/traces/search", {"locations": locations})["traces"]
    assert [trace["trace_id"] for trace in traces] == [mine.trace]
    for path, asked in (("runs", {"experiment_ids": [hidden.experiment]}), ("runs", {})):
        assert ask.ok("POST", f"{V2}/{path}/search", asked) == {}
    assert ask.ok("POST", f"{V3}/traces/search", {"locations": locations[:1]}) == {}


def test_experiments_are_searched_in_full_pages(api, cast, tracking):
    ask = api(cast.stranger)
    mine = []
    for number in range(6):
        one = make_logged(f"paged {number} {cast.stranger.pk} {cast.model.uid}")
        one.row(cast.stranger if number % 2 else cast.owner)
        mine += [one.experiment] * (number % 2)
    first = ask.ok("POST", f"{V2}/experiments/search", {"max_results": 2, "order_by": ["creation_time ASC"]})
    assert [row["experiment_id"] for row in first["experiments"]] == mine[:2]
    token = first["next_page_token"]
    rest = ask.ok("POST", f"{V2}/experiments/search",
                  {"max_results": 2, "order_by": ["creation_time ASC"], "page_token": token})  # fmt: skip
    assert [row["experiment_id"] for row in rest["experiments"]] == mine[2:]
    assert "next_page_token" not in rest
    everything = api(cast.admin).ok("POST", f"{V2}/experiments/search", {"max_results": 1000})["experiments"]
    assert len(everything) >= 6


@pytest.mark.own_server
def test_the_second_wall_holds_without_the_first(hidden, mine):
    """What the process is told that a request may touch holds by itself, whatever the request names."""
    scope = mine.experiment
    for method, path, body in [
        ("GET", f"api/2.0/mlflow/experiments/get?experiment_id={hidden.experiment}", None),
        ("GET", f"api/2.0/mlflow/runs/get?run_id={hidden.run}", None),
        ("POST", "api/2.0/mlflow/runs/log-batch", {"run_id": hidden.run, "metrics": [metric()]}),
        ("POST", "api/2.0/mlflow/runs/set-tag", {"run_id": hidden.run, "key": "k", "value": "v"}),
        ("POST", "api/2.0/mlflow/runs/delete", {"run_id": hidden.run}),
        ("GET", f"api/2.0/mlflow/logged-models/{hidden.model}", None),
        ("DELETE", f"api/2.0/mlflow/logged-models/{hidden.model}", None),
        ("GET", f"api/3.0/mlflow/traces/{hidden.trace}", None),
    ]:
        assert wire.ask(method, path, scope=scope, body=body).status == 404, path
        assert wire.ask(method, path, scope="", body=body).status == 404, path
    both = {"experiment_ids": [hidden.experiment, mine.experiment]}
    found = wire.ask("POST", "api/2.0/mlflow/runs/search", scope=scope, body=both).json()["runs"]
    assert {run["info"]["run_id"] for run in found} == {mine.run, mine.other}


def test_what_is_not_on_the_list_is_not_there(api, cast, tracking):
    ask = api(cast.admin)
    for method, path in [
        ("GET", f"{V2}/webhooks"), ("POST", f"{V3}/gateway/secrets/create"), ("GET", f"{V3}/scorers/list"),
        ("POST", f"{V3}/datasets/create"), ("GET", f"{V3}/workspaces"), ("POST", "/graphql"),
        ("POST", f"{V3}/mlflow/jobs"), ("PUT", f"{V2}/runs/create"), ("GET", f"{V2}/users/get"),
    ]:  # fmt: skip
        answer = ask(method, path, None if method == "GET" else {})
        assert answer.status_code in (404, 405), (path, answer.content)


def test_a_run_is_its_callers_whatever_the_client_says(api, cast, logged):
    logged.shared(cast)
    tags = [{"key": "mlflow.user", "value": "root"}, {"key": "k", "value": "v"}]
    run = api(cast.writer).ok("POST", f"{V2}/runs/create",
                              {"experiment_id": logged.experiment, "user_id": "root", "tags": tags})["run"]  # fmt: skip
    told = {tag["key"]: tag["value"] for tag in run["data"]["tags"]}
    assert (run["info"]["user_id"], told["mlflow.user"], told["k"]) == ("writer@example.com", "writer@example.com", "v")


@pytest.mark.own_server
def test_a_process_that_does_not_answer_is_told_as_passing(api, cast, logged, settings, tmp_path):
    logged.shared(cast)
    settings.TRACKING_SOCKET = tmp_path / "nobody"
    wire._pool.cache_clear()
    body = {"experiment_id": logged.experiment}
    assert api(cast.writer).error("POST", f"{V2}/runs/create", body) == (503, "TEMPORARILY_UNAVAILABLE")
    wire._pool.cache_clear()


def test_without_the_process_there_is_no_such_api(api, cast, settings):
    settings.KEEPS_RUNS = False
    assert api(cast.admin).error("POST", f"{V2}/runs/create", {}) == (404, "ENDPOINT_NOT_FOUND")
    assert api().error("POST", f"{V2}/runs/create", {}) == (401, "UNAUTHENTICATED")
