"""«Manage model lifecycle in Unity Catalog», its snippets in its order, run by the stock clients."""

from pathlib import Path

import pytest
import sklearn.datasets
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import PermissionsChange, Privilege, SecurableType
from mlflow.exceptions import MlflowException, RestException
from sklearn.ensemble import RandomForestClassifier

from tests.clients.runs import track
from tests.live import eventually

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the clients' own
]

MODEL, IMPACT = "prod.ml_team.iris_model", "/api/2.1/catalog-explorer/impact"


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    """An empty catalog: the walk creates everything."""
    with prepared(tmp_path_factory.mktemp("walk") / "data", demo=False, TRACKING="1") as running:
        yield running


@pytest.fixture(params=["beside", "http", "databricks"])
def tracking(request):
    """Where MLflow has its runs: in a file of its own, or here, by plain http and as Databricks'."""
    return request.param


@pytest.fixture
def mlflow(connect, product, tracking):
    mlflow = connect("databricks-uc")
    if tracking != "beside":
        track(mlflow, product, tracking)
    return mlflow


@pytest.fixture
def iris():
    return sklearn.datasets.load_iris(return_X_y=True, as_frame=True)


def train(iris):
    x, y = iris
    return RandomForestClassifier(max_depth=7, n_estimators=5).fit(x, y)


def dependants(workspace, file):
    """The names of what depends on a file."""
    asked = {"kind": "FILE", "name": file}
    return [each["name"] for each in workspace.api_client.do("GET", IMPACT, query=asked)["dependants"]]


def test_the_document_from_top_to_bottom(mlflow, tracking, product, iris, tmp_path):
    x, _ = iris
    client = mlflow.MlflowClient()

    # Requirements: a catalog, a schema, and the grants to work in them
    product.manage("issue_token", "reader@example.com", "--create")
    workspace = WorkspaceClient()
    assert workspace.current_user.me().user_name == "admin@example.com"
    for catalog in ("prod", "staging"):
        workspace.catalogs.create(name=catalog)
        workspace.schemas.create(name="ml_team", catalog_name=catalog)
    assert {catalog.name for catalog in workspace.catalogs.list()} == {"prod", "staging"}
    workspace.grants.update(
        SecurableType.CATALOG.value, "prod",
        changes=[PermissionsChange(principal="account users", add=[Privilege.USE_CATALOG])],
    )  # fmt: skip
    granted = workspace.grants.update(
        SecurableType.SCHEMA.value, "prod.ml_team",
        changes=[PermissionsChange(principal="reader@example.com", add=[Privilege.USE_SCHEMA, Privilege.CREATE_MODEL])],
    )  # fmt: skip
    assert granted.privilege_assignments[0].principal == "reader@example.com"
    assert set(granted.privilege_assignments[0].privileges) == {Privilege.USE_SCHEMA, Privilege.CREATE_MODEL}

    # Register a model using autologging (MLflow 3.17 refuses to save a forest in its default format)
    mlflow.sklearn.autolog(serialization_format="cloudpickle")
    with mlflow.start_run() as run:
        mlflow.log_input(mlflow.data.from_pandas(x, source="s3://lake/iris.csv", name="iris"), context="training")
        train(iris)
    mlflow.sklearn.autolog(disable=True)
    assert {each.dataset.name for each in client.get_run(run.info.run_id).inputs.dataset_inputs} >= {"iris"}
    assert client.get_run(run.info.run_id).data.params["max_depth"] == "7"
    first = mlflow.register_model(f"runs:/{run.info.run_id}/model", MODEL)
    assert (first.name, first.version, first.status, first.run_id) == (MODEL, "1", "READY", run.info.run_id)
    assert first.model_id.startswith("m-")
    if tracking != "beside":  # what the run has read, the version is made from, though this client does not say so
        eventually(lambda: f"{MODEL} version 1" in dependants(workspace, "s3://lake/iris.csv"))

    # Register a model with automatically inferred signature
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            sk_model=train(iris), name="model", input_example=x.iloc[[0]],
            registered_model_name=MODEL, serialization_format="cloudpickle",
        )  # fmt: skip
    assert client.get_model_version(MODEL, "2").status == "READY"

    # Set and delete aliases
    client.set_registered_model_alias(MODEL, "Champion", 1)
    client.set_registered_model_alias(MODEL, "Champion", 2)
    assert client.get_model_version_by_alias(MODEL, "Champion").version == "2"
    client.delete_registered_model_alias(MODEL, "Champion")
    with pytest.raises(RestException, match="RESOURCE_DOES_NOT_EXIST"):
        client.get_model_version_by_alias(MODEL, "Champion")
    for number in range(10):
        client.set_registered_model_alias(MODEL, f"alias-{number}", 1)
    with pytest.raises(RestException, match="10 aliases"):
        client.set_registered_model_alias(MODEL, "one-too-many", 1)
    for number in range(10):
        client.delete_registered_model_alias(MODEL, f"alias-{number}")

    # Load model version by alias, and by version number
    client.set_registered_model_alias(MODEL, "Champion", 2)
    assert len(mlflow.pyfunc.load_model(f"models:/{MODEL}@Champion").predict(x)) == len(x)
    assert len(mlflow.pyfunc.load_model(f"models:/{MODEL}/1").predict(x)) == len(x)
    with pytest.raises(RestException, match="RESOURCE_DOES_NOT_EXIST"):
        mlflow.pyfunc.load_model(f"models:/{MODEL}/9")

    # Control access to models: GRANT ON FUNCTION
    granted = workspace.grants.update(
        SecurableType.FUNCTION.value, MODEL,
        changes=[PermissionsChange(principal="reader@example.com", add=[Privilege.EXECUTE])],
    )  # fmt: skip
    assert granted.privilege_assignments[0].privileges == [Privilege.EXECUTE]

    # Rename a model
    client.rename_registered_model(MODEL, "prod.ml_team.iris_renamed")
    assert client.get_registered_model("prod.ml_team.iris_renamed").aliases == {"Champion": "2"}
    client.rename_registered_model("prod.ml_team.iris_renamed", "iris_model")
    assert client.get_registered_model(MODEL).name == MODEL

    # Use tags on models
    client.set_registered_model_tag(MODEL, "task", "classification")
    client.set_model_version_tag(MODEL, "1", "validation_status", "approved")
    assert client.get_registered_model(MODEL).tags == {"task": "classification"}
    assert client.get_model_version(MODEL, "1").tags == {"validation_status": "approved"}
    client.delete_registered_model_tag(MODEL, "task")
    client.delete_model_version_tag(MODEL, "1", "validation_status")
    assert client.get_registered_model(MODEL).tags == client.get_model_version(MODEL, "1").tags == {}

    # Add a description to a model or model version using the API
    client.update_registered_model(name=MODEL, description="Tells iris species apart.")
    client.update_model_version(name=MODEL, version="1", description="The first try.")
    assert client.get_registered_model(MODEL).description == "Tells iris species apart."
    assert client.get_model_version(MODEL, "1").description == "The first try."

    # List and search models
    assert [model.name for model in client.search_registered_models()] == [MODEL]
    assert [found.version for found in client.search_model_versions(f"name='{MODEL}'")] == ["2", "1"]
    assert client.search_model_versions("name='prod.ml_team.nothing'") == []

    # Download model files
    folder = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{MODEL}/1", dst_path=str(tmp_path / "files"))
    assert "model_id" in (tmp_path / "files" / "MLmodel").read_text(), folder
    single = mlflow.artifacts.download_artifacts(artifact_uri=f"models:/{MODEL}/1/MLmodel")
    assert "flavors" in Path(single).read_text()

    # Promote a model across environments
    copied = client.copy_model_version(f"models:/{MODEL}@Champion", "staging.ml_team.fraud_detection")
    assert (copied.name, copied.version, copied.status) == ("staging.ml_team.fraud_detection", "1", "READY")
    assert copied.source == f"models:/{MODEL}/2"
    client.set_registered_model_alias("staging.ml_team.fraud_detection", "Champion", copied.version)
    again = mlflow.register_model(f"models:/{MODEL}/1", "staging.ml_team.fraud_detection")
    assert again.version == "2"
    assert len(mlflow.pyfunc.load_model("models:/staging.ml_team.fraud_detection@Champion").predict(x)) == len(x)

    # Delete a model version, and a model
    client.delete_model_version(name=MODEL, version="1")
    with pytest.raises(MlflowException, match="RESOURCE_DOES_NOT_EXIST"):
        client.get_model_version(MODEL, "1")
    assert mlflow.register_model(f"runs:/{run.info.run_id}/model", MODEL).version == "3"
    client.delete_registered_model(name=MODEL)
    with pytest.raises(MlflowException, match="RESOURCE_DOES_NOT_EXIST"):
        client.get_registered_model(MODEL)

    for catalog in ("prod", "staging"):  # for who walks next
        workspace.catalogs.delete(catalog, force=True)
