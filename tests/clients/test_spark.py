"""A table that is registered here is read by a Spark, trained on, and found again in the lineage of the model."""

import json
import os
import socket
import subprocess

import pytest
from databricks.sdk import WorkspaceClient
from databricks.sdk.service.catalog import DataSourceFormat, PermissionsChange, Privilege, TableType

from tests.clients.conftest import use
from tests.live import ROOT, eventually, free_port

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the clients' own
]
SPARK = ROOT / ".venv/spark/bin"
TABLE, MODEL = "prod.ml_team.iris", "prod.ml_team.iris_classifier"


@pytest.fixture(scope="module")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("spark") / "data", demo=False, TRACKING="1") as running:
        yield running


@pytest.fixture
def spark(product, monkeypatch):
    """A Spark whose catalog ``prod`` is this server's. (Of Databricks' own variables it makes another one.)"""
    catalog = {
        "name": "prod", "type": "unity", "uri": f"{product.url}/api/2.1/unity-catalog", "default_catalog": "prod",
        "token": product.first_run("Access token"),
    }  # fmt: skip
    port = free_port()
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DATABRICKS_")}
    listed = ", ".join(f"{name}={json.dumps(value)}" for name, value in catalog.items())
    environment["SAIL_CATALOG__LIST"] = f"[{{{listed}}}]"
    monkeypatch.setenv("SPARK_REMOTE", f"sc://localhost:{port}")
    with subprocess.Popen([SPARK / "sail", "spark", "server", "--port", str(port)], env=environment) as engine:
        eventually(lambda: is_open(port))
        yield
        engine.terminate()


def is_open(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def walk(*arguments):
    program = [SPARK / "python", "-W", "ignore", ROOT / "tests/clients/spark_walk.py", *arguments]
    ended = subprocess.run(program, check=False, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr[-3000:]


def dependants(workspace, **asked):
    answer = workspace.api_client.do("GET", "/api/2.1/catalog-explorer/impact", query=asked)
    return [each["name"] for each in answer["dependants"]]


def test_the_snippet_of_the_document_that_tracks_where_data_comes_from(product, spark, monkeypatch, tmp_path):
    use(monkeypatch, product, product.first_run("Access token"))
    workspace = WorkspaceClient()
    workspace.catalogs.create(name="prod")
    workspace.schemas.create(name="ml_team", catalog_name="prod")
    walk("write", str(tmp_path / "iris"))
    table = workspace.tables.create(
        "iris", "prod", "ml_team", TableType.EXTERNAL, DataSourceFormat.DELTA, (tmp_path / "iris").as_uri()
    )
    walk("train", str(tmp_path / "told.json"))
    told = json.loads((tmp_path / "told.json").read_text())
    assert told["rows"] == 150
    assert told["source"] == {
        "delta_table_name": TABLE, "delta_table_version": "0", "is_databricks_uc_table": True,
        "delta_table_id": table.table_id,
    }  # fmt: skip
    version = f"{MODEL} version 1"
    assert eventually(lambda: version in dependants(workspace, kind="TABLE", name=TABLE))
    assert TABLE in dependants(workspace, version=f"{MODEL}/1", direction="UPSTREAM")

    # Who may read the model, and not the table, reads that there is one.
    product.manage("issue_token", "reader@example.com", "--create")
    for kind, name, privileges in (
        ("CATALOG", "prod", ["USE_CATALOG", "USE_SCHEMA"]),
        ("FUNCTION", MODEL, ["EXECUTE"]),
    ):
        change = PermissionsChange(principal="reader@example.com", add=[Privilege(each) for each in privileges])
        workspace.grants.update(kind, name, changes=[change])
    use(monkeypatch, product, product.manage("issue_token", "reader@example.com"))
    reader = WorkspaceClient()
    assert TABLE not in dependants(reader, version=f"{MODEL}/1", direction="UPSTREAM")
    assert dependants(reader, kind="TABLE", name=TABLE) == []
