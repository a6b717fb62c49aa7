"""`databricks-uc`, in its default form and in its native one: one journey, since a user sees one client."""

from pathlib import Path

import pytest
from mlflow.exceptions import RestException

from tests.clients.conftest import use
from tests.clients.journeys import MARKS, digests, pages, predicts, save_model, save_seven_files

pytestmark = MARKS


@pytest.fixture(params=["default", "native"])
def dialect(request, connect, monkeypatch):
    monkeypatch.setenv("MLFLOW_ENABLE_UC_NATIVE_MODEL_REGISTRY", "true" if request.param == "native" else "false")
    connect("databricks-uc")
    return request.param


@pytest.fixture(params=["presigned", "files"])
def route(request, monkeypatch):
    """Both routes of the bytes; a client may choose, whatever the installation says."""
    monkeypatch.setenv("MLFLOW_USE_DATABRICKS_SDK_MODEL_ARTIFACTS_REPO_FOR_UC", str(request.param == "files"))
    return request.param


def test_seven_files_go_up_and_come_down(mlflow, dialect, route, tmp_path):
    name = f"dev.risk.{dialect}_{route}"
    folder = save_seven_files(mlflow, tmp_path)
    version = mlflow.register_model(folder, name)
    assert (str(version.version), version.status) == ("1", "READY")
    uri = f"models:/{name}/1"
    mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path / "down"))
    assert digests(tmp_path / "down") == digests(folder)
    assert predicts(mlflow, uri)
    one = mlflow.artifacts.download_artifacts(f"{uri}/naïve name ü.txt", dst_path=str(tmp_path / "one"))
    assert Path(one).read_text(encoding="utf-8") == "ü"


def test_a_version_is_copied_and_registered_with_databricks_as_the_tracking_server(mlflow, dialect, tmp_path):
    """As every user of Databricks has it set: the client asks for the logged model of the version, and for its run."""
    name = f"dev.risk.tracked_{dialect}"
    mlflow.register_model(save_model(mlflow, tmp_path), name)
    mlflow.set_tracking_uri("databricks")
    client = mlflow.MlflowClient()
    client.copy_model_version(f"models:/{name}/1", f"{name}_copy")
    mlflow.register_model(f"models:/{name}/1", f"{name}_again")
    for copy in (f"{name}_copy", f"{name}_again"):
        version = client.get_model_version(copy, "1")
        assert version.status == "READY"
        assert predicts(mlflow, f"models:/{copy}/1")
    (told,) = {client.get_model_version(each, "1").model_id for each in (name, f"{name}_copy", f"{name}_again")}
    registered = client.get_logged_model(told)
    assert registered.model_id == told


def test_the_life_of_a_model(mlflow, dialect, tmp_path):
    client, name = mlflow.MlflowClient(), f"dev.risk.life_{dialect}"
    client.create_registered_model(name, tags={"team": "risk"}, description="first")
    folder = save_model(mlflow, tmp_path)
    for _ in range(2):
        mlflow.register_model(folder, name)

    client.set_registered_model_alias(name, "Champion", 1)
    client.set_registered_model_alias(name, "champion", 2)
    assert int(client.get_model_version_by_alias(name, "CHAMPION").version) == 2
    assert predicts(mlflow, f"models:/{name}@champion")
    client.set_registered_model_alias(name, "gone", 1)
    client.delete_registered_model_alias(name, "gone")
    client.set_registered_model_tag(name, "stage", "")
    client.delete_registered_model_tag(name, "team")
    client.set_model_version_tag(name, "1", "checked", "yes")
    client.set_model_version_tag(name, "1", "wrong", "no")
    client.delete_model_version_tag(name, "1", "wrong")
    client.update_registered_model(name, description="second")
    client.update_registered_model(name, deployment_job_id="77")
    client.update_model_version(name, "1", description="of the first")

    model, version = client.get_registered_model(name), client.get_model_version(name, "1")
    assert (model.description, model.tags, {a: int(v) for a, v in model.aliases.items()}, model.deployment_job_id) == (
        "second", {"stage": ""}, {"champion": 2}, "77",
    )  # fmt: skip
    assert (version.description, version.tags, list(version.aliases)) == ("of the first", {"checked": "yes"}, [])
    assert client.get_model_version(name, "2").aliases == ["champion"]
    client.update_registered_model(name, description="")
    assert client.get_registered_model(name).description == ""

    client.rename_registered_model(name, f"{name}_renamed")
    name = f"{name}_renamed"
    copied = client.copy_model_version(f"models:/{name}@champion", f"{name}_copy")
    assert (copied.status, client.get_model_version(f"{name}_copy", "1").source) == ("READY", f"models:/{name}/2")
    assert predicts(mlflow, f"models:/{name}_copy/1")

    client.delete_model_version(name, "1")
    assert [int(v.version) for v in client.search_model_versions(f"name='{name}'")] == [2]
    client.delete_registered_model(name)
    assert list(client.search_model_versions(f"name='{name}'")) == []


def test_a_thousand_models_in_full_pages(mlflow, dialect, thousand):
    models, sizes = pages(mlflow.MlflowClient().search_registered_models, max_results=300)
    names = [model.name for model in models]
    assert sum(name.startswith("many.models.") for name in names) == 1000
    assert len(set(names)) == len(names)
    assert sizes[:-1] == [300] * (len(sizes) - 1)


def test_the_errors_that_a_user_sees(mlflow, dialect, product, monkeypatch, sign_in, tmp_path):
    client = mlflow.MlflowClient()
    name = "prod.ml_team.iris_model"
    for call, code in (
        (lambda: client.get_registered_model("dev.risk.nothing"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda: client.get_model_version(name, "99"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda: client.get_model_version_by_alias(name, "nobody"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda: client.create_registered_model(name), "RESOURCE_ALREADY_EXISTS"),
        (lambda: client.set_registered_model_alias(name, "v1", "1"), "INVALID_PARAMETER_VALUE"),
        (lambda: client.set_registered_model_tag(name, "a.b", "1"), "INVALID_PARAMETER_VALUE"),
        (lambda: mlflow.pyfunc.load_model(f"models:/{name}/99"), "RESOURCE_DOES_NOT_EXIST"),
    ):
        with pytest.raises(RestException) as caught:
            call()
        assert caught.value.error_code == code
    client = sign_in(f"stranger.{dialect}@example.com")
    for call in (
        lambda: client.set_registered_model_alias(name, "Champion", "1"),
        lambda: client.delete_registered_model(name),
        lambda: client.create_registered_model("prod.ml_team.mine"),
        lambda: mlflow.pyfunc.load_model(f"models:/{name}/1"),
    ):
        with pytest.raises(RestException) as caught:
            call()
        assert caught.value.error_code == "PERMISSION_DENIED"
    use(monkeypatch, product, "cex_wrong")
    with pytest.raises(RestException) as caught:
        client.get_registered_model(name)
    assert caught.value.error_code == "UNAUTHENTICATED"
