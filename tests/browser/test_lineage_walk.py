"""One model from the table that it learned from to the dashboard that shows its scores: every node, up and down."""

import re

import pandas as pd
import pytest
import sklearn.linear_model
from databricks.sdk import WorkspaceClient
from databricks.sdk.service import catalog
from playwright.sync_api import expect

from tests.browser.chromium import sign_in
from tests.browser.test_main_job import link, send
from tests.clients.conftest import forget_the_experiment, use
from tests.clients.runs import track
from tests.live import eventually

pytestmark = [
    pytest.mark.browser,
    pytest.mark.client,
    pytest.mark.xdist_group("browser"),
    pytest.mark.filterwarnings("default"),  # the clients' own
]
TABLE, MODEL, COPY, OTHER = "dev.ml_team.iris", "dev.ml_team.walked", "prod.ml_team.walked", "other@example.com"
REPOSITORY, COMMIT = "https://git.example.com/walk", "0123456789abcdef0123456789abcdef01234567"
CODE = {"mlflow.source.git.repoURL": REPOSITORY, "mlflow.source.git.commit": COMMIT}


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("walk") / "data", TRACKING="1") as running:
        yield running


@pytest.fixture
def mlflow(product, monkeypatch):
    import mlflow

    forget_the_experiment(monkeypatch)
    use(monkeypatch, product, product.first_run("Access token"))
    before = mlflow.get_tracking_uri(), mlflow.get_registry_uri()
    track(mlflow, product, "databricks")
    mlflow.set_registry_uri("databricks-uc")
    yield mlflow
    mlflow.set_tracking_uri(before[0])
    mlflow.set_registry_uri(before[1])


def train(mlflow, file):
    from mlflow.data.delta_dataset_source import DeltaDatasetSource

    frame = pd.DataFrame({"a": [0.0, 1.0], "y": [0.0, 1.0]})
    frame.to_csv(file, index=False)
    table = DeltaDatasetSource(delta_table_name=TABLE, delta_table_version="0")
    with mlflow.start_run(run_name="walk", tags=CODE) as run:
        mlflow.log_input(mlflow.data.from_pandas(frame, source=table, name="iris"), "training")
        mlflow.log_input(mlflow.data.from_pandas(frame, source=str(file), name="more"), "training")
        model = sklearn.linear_model.LinearRegression().fit(frame[["a"]], frame["y"])
        logged = mlflow.sklearn.log_model(model, name="model", input_example=frame[["a"]])
    return run.info, logged.model_id


def around(workspace, direction, **asked):
    path = "/api/2.1/catalog-explorer/lineage"
    answer = workspace.api_client.do("GET", path, query={**asked, "direction": direction})
    return {(each["kind"], each["name"]) for each in answer["neighbours"]}


def nodes_of(page, side):
    texts = page.locator(f"[data-side={side}] > ul > li > [data-node]").all()
    return {(node.get_attribute("data-kind"), node.locator("> .break").first.inner_text()) for node in texts}


def test_from_a_table_to_a_dashboard(mlflow, product, browser, monkeypatch, tmp_path):
    admin, file = product.first_run("Access token"), tmp_path / "more.csv"
    run, logged = train(mlflow, file)
    workspace = WorkspaceClient()

    context = browser.new_context(base_url=product.url)
    page = context.new_page()
    sign_in(page, product.url, product.first_run("Password"))
    page.goto(f"/ml/experiments/{run.experiment_id}/runs/{run.run_id}")
    send(page, link(page, "Register model"), lambda form: form.get_by_label("Registered model").fill(MODEL))
    expect(page.locator(".progress")).to_contain_text("Succeeded", timeout=20_000)

    mlflow.MlflowClient().copy_model_version(f"models:/{MODEL}/1", COPY)
    mlflow.MlflowClient().set_registered_model_alias(COPY, "Champion", 1)
    product.manage("issue_token", OTHER, "--create")
    for kind, name, rights in (("CATALOG", "prod", ["USE_CATALOG", "USE_SCHEMA"]), ("FUNCTION", COPY, ["EXECUTE"])):
        change = catalog.PermissionsChange(principal=OTHER, add=[catalog.Privilege(right) for right in rights])
        workspace.grants.update(kind, name, changes=[change])
    use(monkeypatch, product, product.manage("issue_token", OTHER))
    loaded = mlflow.pyfunc.load_model(f"models:/{COPY}@Champion")
    assert loaded.predict(pd.DataFrame({"a": [2.0]}))[0] == pytest.approx(2)
    use(monkeypatch, product, admin)

    board = catalog.ExternalMetadata(name="walked_board", system_type=catalog.SystemType.TABLEAU, entity_type="Board")
    workspace.external_metadata.create_external_metadata(board)
    workspace.external_lineage.create_external_lineage_relationship(
        catalog.CreateRequestExternalLineage(
            source=catalog.ExternalLineageObject(model_version=catalog.ExternalLineageModelVersion(COPY, "1")),
            target=catalog.ExternalLineageObject(
                external_metadata=catalog.ExternalLineageExternalMetadata("walked_board")
            ),
        )
    )

    of_run = {
        ("Table", TABLE), ("File", str(file)), ("Run", run.run_id), ("Git commit", f"{REPOSITORY} {COMMIT[:12]}"),
        ("Experiment", mlflow.get_experiment(run.experiment_id).name),
    }  # fmt: skip
    version, copied = ("Model version", f"{MODEL} version 1"), ("Model version", f"{COPY} version 1")
    users = {("Consumer", OTHER), ("External system", "walked_board")}
    copier = ("Consumer", "admin@example.com")  # MLflow's client copies what it has downloaded
    expected = {
        MODEL: (of_run | {("Logged model", logged)}, {copied, copier}),
        COPY: (of_run | {version}, users),
    }  # fmt: skip
    for model, (made_from, used_by) in expected.items():
        asked = {"version": f"{model}/1"}
        assert eventually(lambda asked=asked, wanted=used_by: around(workspace, "DOWNSTREAM", **asked) == wanted)
        assert eventually(lambda asked=asked, wanted=made_from: around(workspace, "UPSTREAM", **asked) == wanted)
        page.goto(f"/explore/data/models/{model.replace('.', '/')}/version/1?activeTab=lineage")
        assert (nodes_of(page, "upstream"), nodes_of(page, "downstream")) == (made_from, used_by)

    impact = workspace.api_client.do("GET", "/api/2.1/catalog-explorer/impact", query={"name": TABLE})
    told = {each["name"]: (each["distance"], each["owner"], each["aliases"]) for each in impact["dependants"]}
    assert told.items() >= {
        version[1]: (1, "admin@example.com", []), copied[1]: (1, "admin@example.com", ["Champion"]),
        "walked_board": (2, "admin@example.com", []), OTHER: (2, "", []),
    }.items()  # fmt: skip

    page.goto(f"/explore/data/{TABLE.replace('.', '/')}?activeTab=lineage")
    table_page = page.locator("[data-side=downstream]")
    expect(table_page).to_contain_text(version[1])
    table_page.get_by_role("link", name=re.compile(f"beyond {re.escape(copied[1])}")).click()
    expect(table_page).to_contain_text("walked_board")
    context.close()
