"""Golden requests of the default dialect, as MLflow 3.17 sends them."""

import base64
import json

import pytest

from registry.models import LineageEdge
from tests.cast import grant
from tests.factories import write

UC = "/api/2.0/mlflow/unity-catalog"
HEADERS = {
    "User-Agent": "unknown/0.0.0 databricks-sdk-py/0.156.0 python/3.11.7 os/linux auth/pat",
    "X-MLflow-Client-Version": "3.17.2",
}


@pytest.fixture
def mlflow(api, cast):
    grant(cast.writer, cast.schema, "MANAGE", "EXECUTE")
    writer = api(cast.writer)
    writer.headers |= HEADERS
    return lambda method, path, body=None, **options: writer.ok(method, f"{UC}/{path}", body, **options)


def test_create_registered_model(mlflow):
    body = {"name": "shop.ml.m", "tags": [{"key": "team", "value": "ml"}], "description": "iris model"}
    model = mlflow("POST", "registered-models/create", body)["registered_model"]
    times = model.pop("creation_timestamp"), model.pop("last_updated_timestamp")
    assert all(isinstance(time, int) and time > 1_700_000_000_000 for time in times)
    assert model == {
        "name": "shop.ml.m", "user_id": "writer@example.com", "description": "iris model", "aliases": [],
        "tags": [{"key": "team", "value": "ml"}], "deployment_job_id": "", "deployment_job_state": "NOT_SET_UP",
    }  # fmt: skip


def test_update_and_rename(mlflow):
    mlflow("PATCH", "registered-models/update", {"name": "shop.ml.churn", "deployment_job_id": "77"})
    model = mlflow("PATCH", "registered-models/update", {"name": "shop.ml.churn", "description": "x"})[
        "registered_model"
    ]
    assert (model["deployment_job_id"], model["description"]) == ("77", "x")
    model = mlflow("PATCH", "registered-models/update", {"name": "shop.ml.churn", "description": ""})[
        "registered_model"
    ]
    assert model["description"] == ""
    model = mlflow("PATCH", "registered-models/update", {"name": "shop.ml.churn", "new_name": "shop.ml.m2"})
    assert model["registered_model"]["name"] == "shop.ml.m2"
    assert (
        mlflow("PATCH", "registered-models/update", {"name": "shop.ml.m2", "new_name": "m3"})["registered_model"][
            "name"
        ]
        == "shop.ml.m3"
    )


def test_create_version_with_everything(mlflow, cast):
    body = {
        "name": "shop.ml.churn", "source": "models:/m-1", "run_id": "r1", "run_tracking_server_id": "123",
        "feature_deps": "", "model_id": "m-1", "tags": [{"key": "k", "value": "v"}], "description": "d",
        "model_version_dependencies": [{"type": "DATABRICKS_TABLE", "name": "a.b.c"}],
    }  # fmt: skip
    version = mlflow("POST", "model-versions/create", body)["model_version"]
    for name in ("source", "run_id", "run_tracking_server_id", "model_id", "description", "tags"):
        assert version[name] == body[name]
    assert (version["version"], version["status"]) == ("3", "PENDING_REGISTRATION")
    assert cast.model.versions.get(version=3).dependencies == body["model_version_dependencies"]


def test_a_copys_empty_strings_are_taken_for_absent(mlflow):
    body = {
        "name": "shop.ml.churn",
        "source": "models:/shop.ml.churn/1",
        "run_id": "",
        "description": "",
        "model_id": "",
    }
    assert mlflow("POST", "model-versions/create", body)["model_version"]["run_id"] == ""


def test_the_lineage_header_is_kept_on_create_and_on_load(mlflow, cast):
    told = {
        "entities": [{"notebook": {"id": "123456"}}, {"job": {"id": "77", "job_run_id": "88"}}],
        "lineages": [{"source_securables": [{"table": {"name": "main.sales.t", "table_id": "tab-123"}}]}],
    }
    header = {"X-Databricks-Lineage-Identifier": base64.b64encode(json.dumps(told, indent=2).encode()).decode()}
    mlflow("POST", "model-versions/create", {"name": "shop.ml.churn", "source": "s"}, headers=header)
    upstream = LineageEdge.objects.filter(target__version__version=3)
    assert {(edge.kind, edge.source.kind, edge.source.name) for edge in upstream} == {
        ("MADE", "NOTEBOOK", "123456"), ("MADE", "JOB", "77"), ("READ", "TABLE", "main.sales.t"),
    }  # fmt: skip
    load = {"name": "shop.ml.churn", "version": "1", "operation": "MODEL_VERSION_OPERATION_READ"}
    mlflow("POST", "model-versions/generate-temporary-credentials", load, headers=header)
    assert LineageEdge.objects.filter(source__version=cast.version, kind="USED").count() == 3


def test_emit_lineage(mlflow, cast):
    body = {"name": "shop.ml.churn", "version": "1", "model_version_lineage_info": {"direction": "DOWNSTREAM"}}
    mlflow("POST", "model-versions/emit-lineage", body)
    body["model_version_lineage_info"] |= {"entities": [{"job": {"id": "5"}}]}
    mlflow("POST", "model-versions/emit-lineage", body)
    assert [edge.target.name for edge in LineageEdge.objects.filter(source__version=cast.version)] == ["5"]


def test_credentials_name_the_route_and_no_credential(mlflow):
    body = {"name": "shop.ml.churn", "version": "2", "operation": "MODEL_VERSION_OPERATION_READ_WRITE"}
    credentials = mlflow("POST", "model-versions/generate-temporary-credentials", body)["credentials"]
    assert set(credentials) == {"expiration_time", "storage_mode"}
    assert credentials["storage_mode"] == "DEFAULT_STORAGE"


def test_finalize_twice(mlflow, cast):
    write(cast.pending, MLmodel="model_id: m-7")
    for _ in range(2):
        version = mlflow("POST", "model-versions/finalize", {"name": "shop.ml.churn", "version": "2"})["model_version"]
        assert (version["status"], version["model_id"]) == ("READY", "m-7")


def test_missing_things_are_told_apart(api, cast):
    reader = api(cast.reader)
    for path in (
        "registered-models/get?name=shop.ml.nothing", "model-versions/get?name=shop.ml.churn&version=9",
        "registered-models/alias?name=shop.ml.churn&alias=none",
    ):  # fmt: skip
        assert reader.error("GET", f"{UC}/{path}") == (404, "RESOURCE_DOES_NOT_EXIST")
    body = {"name": "shop.ml.churn", "version": "9", "operation": "MODEL_VERSION_OPERATION_READ"}
    told = reader.error("POST", f"{UC}/model-versions/generate-temporary-credentials", body)
    assert told == (404, "RESOURCE_DOES_NOT_EXIST")
