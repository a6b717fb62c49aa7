"""Runs in this server, by MLflow's own client: over plain http, and as to Databricks."""

import os

import numpy as np
import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.iam import AccessControlRequest, PermissionLevel
from mlflow.entities import Metric, Param, RunTag, ViewType
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature

from tests.clients.conftest import use
from tests.clients.runs import track

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the client's own
]


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("runs") / "data", TRACKING="1") as running:
        yield running


@pytest.fixture(params=["http", "databricks"])
def mlflow(connect, product, request):
    mlflow = connect("databricks-uc")
    track(mlflow, product, request.param)
    return mlflow


def log_a_model(mlflow, name="model", *, is_signed=True):
    class Doubles(mlflow.pyfunc.PythonModel):
        def predict(self, context, model_input, params=None):
            return model_input * 2

    signature = infer_signature(np.array([[1.0]]), np.array([[2.0]])) if is_signed else None
    return mlflow.pyfunc.log_model(name=name, python_model=Doubles(), signature=signature)


def test_a_run_is_logged_searched_deleted_and_restored(mlflow):
    client = mlflow.MlflowClient()
    with mlflow.start_run(run_name="outer", tags={"team": "ml"}) as outer:
        mlflow.log_params({f"p{number}": number for number in range(150)})
        for step in range(5):
            mlflow.log_metric("loss", 1.0 / (step + 1), step=step)
        with mlflow.start_run(run_name="inner", nested=True) as inner:
            mlflow.log_metrics({"loss": 0.9, "bad": float("nan"), "endless": float("inf")})
    batch = [Metric(f"m{number}", float(number), 1, 0) for number in range(1_000)]
    client.log_batch(inner.info.run_id, metrics=batch, params=[Param("a", "b")], tags=[RunTag("c", "d")])

    run = client.get_run(outer.info.run_id)
    assert (run.info.status, run.info.run_name, run.data.tags["team"]) == ("FINISHED", "outer", "ml")
    assert (run.data.tags["mlflow.user"], len(run.data.params)) == ("admin@example.com", 150)
    assert [point.step for point in client.get_metric_history(outer.info.run_id, "loss")] == [0, 1, 2, 3, 4]
    assert client.get_run(inner.info.run_id).data.metrics["m999"] == 999.0
    here = [outer.info.experiment_id]
    found = client.search_runs(here, "metrics.loss < 0.5 and params.p1 = '1'", order_by=["metrics.loss ASC"])
    assert [each.info.run_id for each in found] == [outer.info.run_id]
    pages, token = [], None
    while token != "":
        page = client.search_runs(here, max_results=1, page_token=token)
        pages += page
        token = page.token or ""
    assert {each.info.run_id for each in pages} == {outer.info.run_id, inner.info.run_id}

    client.delete_run(inner.info.run_id)
    assert [each.info.run_id for each in client.search_runs(here)] == [outer.info.run_id]
    assert len(client.search_runs(here, run_view_type=ViewType.ALL)) == 2
    client.restore_run(inner.info.run_id)
    assert len(client.search_runs(here)) == 2
    client.delete_experiment(here[0])
    assert client.get_experiment(here[0]).lifecycle_stage == "deleted"
    client.restore_experiment(here[0])


def test_artifacts_of_a_run_go_and_come_back(mlflow, tmp_path, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD", "true")
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE", str(6 * 1024 * 1024))
    monkeypatch.setenv("MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE", str(5 * 1024 * 1024))
    folder = tmp_path / "out"
    (folder / "a b").mkdir(parents=True)
    (folder / "a b" / "naïve.txt").write_text("words")
    (folder / "empty").write_bytes(b"")
    (folder / "big.bin").write_bytes(big := os.urandom(12 * 1024 * 1024))
    with mlflow.start_run() as run:
        mlflow.log_artifacts(str(folder), artifact_path="files")
        mlflow.log_dict({"k": 1}, "config.json")
    client, key = mlflow.MlflowClient(), run.info.run_id
    assert {entry.path for entry in client.list_artifacts(key)} == {"files", "config.json"}
    inside = {entry.path for entry in client.list_artifacts(key, "files")}
    assert inside == {"files/a b", "files/empty", "files/big.bin"}
    back = mlflow.artifacts.download_artifacts(run_id=key, artifact_path="files", dst_path=str(tmp_path / "back"))
    assert (tmp_path / "back" / "files" / "a b" / "naïve.txt").read_text() == "words", back
    assert (tmp_path / "back" / "files" / "big.bin").read_bytes() == big
    assert mlflow.artifacts.load_dict(f"runs:/{key}/config.json") == {"k": 1}


def test_a_logged_model_is_loaded_and_registered(mlflow):
    with mlflow.start_run() as run:
        info = log_a_model(mlflow)
    assert mlflow.get_logged_model(info.model_id).source_run_id == run.info.run_id
    assert mlflow.pyfunc.load_model(f"runs:/{run.info.run_id}/model").predict(np.array([[2.0]])).tolist() == [[4.0]]
    assert mlflow.pyfunc.load_model(f"models:/{info.model_id}").predict(np.array([[2.0]])).tolist() == [[4.0]]
    found = mlflow.search_logged_models(experiment_ids=[run.info.experiment_id], output_format="list")
    assert [model.model_id for model in found] == [info.model_id]
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", "dev.ml_team.of_a_run")
    assert (version.status, version.run_id, version.model_id) == ("READY", run.info.run_id, info.model_id)
    mlflow.MlflowClient().delete_logged_model(info.model_id)
    assert mlflow.pyfunc.load_model(f"models:/dev.ml_team.of_a_run/{version.version}").predict(
        np.array([[2.0]])
    ).tolist() == [[4.0]]


def test_a_trace_is_kept_and_found(mlflow):
    @mlflow.trace
    def double(number):
        return number * 2

    double(21)
    mlflow.flush_trace_async_logging()
    traces = mlflow.search_traces(locations=[experiment_of(mlflow).experiment_id], return_type="list")
    assert len(traces) == 1
    assert mlflow.get_trace(traces[0].info.trace_id).data.spans[0].outputs == 42


def experiment_of(mlflow):
    return mlflow.get_experiment(mlflow.tracking.fluent._get_experiment_id())


def test_others_know_nothing_of_it_until_they_are_let_in(mlflow, product, monkeypatch):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0)
        mlflow.log_text("secret", "notes.txt")
    name = experiment_of(mlflow).name
    use(monkeypatch, product, product.manage("issue_token", "ann@example.com", "--create"))
    client, key = mlflow.MlflowClient(), run.info.run_id
    for attempt in (
        lambda: client.get_run(key),
        lambda: client.log_metric(key, "loss", 2.0),
        lambda: client.delete_run(key),
        lambda: client.get_metric_history(key, "loss"),
        lambda: client.get_experiment(run.info.experiment_id),
        lambda: mlflow.artifacts.load_text(f"runs:/{key}/notes.txt"),
    ):
        with pytest.raises(MlflowException, match="RESOURCE_DOES_NOT_EXIST|not found|NOT_FOUND|Unable to download|404"):
            attempt()
    assert client.get_experiment_by_name(name) is None
    assert client.search_runs([run.info.experiment_id]) == []
    assert run.info.experiment_id not in {each.experiment_id for each in client.search_experiments()}


def test_the_stock_sdk_lets_others_in(mlflow, product, monkeypatch):
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1.0)
    experiment, admin = run.info.experiment_id, product.first_run("Access token")
    ben = product.manage("issue_token", "ben@example.com", "--create")
    workspace = WorkspaceClient()

    def level(of_ben):
        entry = AccessControlRequest(user_name="ben@example.com", permission_level=of_ben)
        return workspace.permissions.update("experiments", experiment, access_control_list=[entry])

    def as_ben(act):
        use(monkeypatch, product, ben)
        try:
            return act(mlflow.MlflowClient())
        finally:
            use(monkeypatch, product, admin)

    told = level(PermissionLevel.CAN_READ)
    assert (told.object_id, told.object_type) == (f"/experiments/{experiment}", "mlflowExperiment")
    held = {entry.user_name: entry.all_permissions[0].permission_level for entry in told.access_control_list}
    assert held == {"admin@example.com": PermissionLevel.CAN_MANAGE, "ben@example.com": PermissionLevel.CAN_READ}
    assert as_ben(lambda client: client.get_run(run.info.run_id)).data.metrics == {"loss": 1.0}
    with pytest.raises(MlflowException, match="CAN EDIT"):
        as_ben(lambda client: client.log_metric(run.info.run_id, "loss", 2.0))
    level(PermissionLevel.CAN_EDIT)
    as_ben(lambda client: client.log_metric(run.info.run_id, "loss", 2.0))
    assert len(workspace.experiments.get_permission_levels(experiment).permission_levels) == 3
    workspace.experiments.set_permissions(experiment, access_control_list=[])
    assert len(workspace.permissions.get("experiments", experiment).access_control_list) == 1
    with pytest.raises(MlflowException, match="RESOURCE_DOES_NOT_EXIST"):
        as_ben(lambda client: client.get_run(run.info.run_id))


def test_what_a_run_has_logged_is_registered_over_plain_http(mlflow, product, tmp_path):
    mlflow.set_registry_uri(product.url)
    name = f"dev.ml_team.by_http_{mlflow.get_tracking_uri() == 'databricks'}".lower()
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.25)
        logged = log_a_model(mlflow)
    first = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    second = mlflow.register_model(logged.model_uri, name)
    for version in (first, second):
        assert (version.status, version.run_id) == ("READY", run.info.run_id)
    assert mlflow.pyfunc.load_model(f"models:/{name}/2").predict(np.array([[4.0]])) == [[8.0]]
    with mlflow.start_run():
        unsigned = log_a_model(mlflow, is_signed=False)
    with pytest.raises(MlflowException, match="infer_signature"):
        mlflow.register_model(unsigned.model_uri, name)


def test_databricks_sdk_lists_experiments_and_deletes_and_restores_runs_by_time(mlflow, product):
    workspace = WorkspaceClient()
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 1)
    here, run_id = run.info.experiment_id, run.info.run_id
    assert here in {each.experiment_id for each in workspace.experiments.list_experiments()}
    assert workspace.experiments.delete_runs(here, max_timestamp_millis=run.info.start_time - 1).runs_deleted == 0
    assert workspace.experiments.delete_runs(here, max_timestamp_millis=run.info.start_time).runs_deleted == 1
    assert workspace.experiments.get_run(run_id).run.info.lifecycle_stage == "deleted"
    assert workspace.experiments.restore_runs(here, min_timestamp_millis=2**52).runs_restored == 0
    assert workspace.experiments.restore_runs(here, min_timestamp_millis=run.info.start_time).runs_restored == 1
    assert workspace.experiments.get_run(run_id).run.info.lifecycle_stage == "active"
