"""Runs that a stock `mlflow server` keeps, behind the product: by plain http, as Databricks', and by itself."""

import numpy as np
import pytest
from mlflow import MlflowClient

from tests.benchmarks.registry import mlflow_server
from tests.clients.conftest import use
from tests.clients.runs import track
from tests.clients.test_runs import log_a_model
from tests.live import eventually

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the client's own
]
DIRECT = "made there"


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    """The address of the server, with an experiment that the product has not made."""
    with mlflow_server(tmp_path_factory.mktemp("theirs") / "mlflow.db", "--workers", "1") as port:
        url = f"http://127.0.0.1:{port}"
        MlflowClient(tracking_uri=url).create_experiment(DIRECT)
        yield url


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared, theirs):
    with prepared(tmp_path_factory.mktemp("attached") / "data", TRACKING="1", TRACKING_URL=theirs) as running:
        yield running


@pytest.mark.parametrize("dialect", ["http", "databricks"])
def test_trained_registered_and_loaded(connect, product, theirs, dialect):
    mlflow = connect("databricks-uc")
    track(mlflow, product, dialect)
    with mlflow.start_run() as run:
        mlflow.log_metric("loss", 0.5)
        mlflow.log_text("hello", "notes/a.txt")
        info = log_a_model(mlflow)
        with mlflow.start_span("predict"):
            pass
    direct = MlflowClient(tracking_uri=theirs)
    assert direct.get_run(run.info.run_id).data.metrics == {"loss": 0.5}
    assert [file.path for file in direct.list_artifacts(run.info.run_id, "notes")] == ["notes/a.txt"]
    assert mlflow.artifacts.load_text(f"{run.info.artifact_uri}/notes/a.txt") == "hello"
    traces = eventually(lambda: mlflow.search_traces(run_id=run.info.run_id, return_type="list"))
    assert [span.name for span in traces[0].data.spans] == ["predict"]

    name = f"prod.ml_team.attached_{dialect}"
    version = mlflow.register_model(info.model_uri, name)
    assert (version.status, version.run_id) == ("READY", run.info.run_id)
    assert mlflow.pyfunc.load_model(f"models:/{name}/1").predict(np.array([[2.0]])) == 4.0

    mlflow.set_registry_uri(product.url)  # by the server alone, which reads the files there
    version = mlflow.register_model(f"runs:/{run.info.run_id}/model", name)
    alone = MlflowClient(registry_uri=product.url)
    eventually(lambda: alone.get_model_version(name, version.version).status == "READY")
    mlflow.set_registry_uri("databricks-uc")
    assert mlflow.pyfunc.load_model(f"models:/{name}/2").predict(np.array([[2.0]])) == 4.0


def test_what_is_there_already_is_an_administrators_to_hand_over(connect, product, monkeypatch):
    mlflow = connect("databricks-uc")
    mlflow.set_tracking_uri(product.url)
    found = eventually(lambda: mlflow.search_experiments(filter_string=f"name = '{DIRECT}'"))
    assert [experiment.name for experiment in found] == [DIRECT]
    use(monkeypatch, product, product.manage("issue_token", "someone@example.com", "--create"))
    assert mlflow.search_experiments() == []
