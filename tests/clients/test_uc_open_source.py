"""`uc:http://…`, the open-source dialect: plain HTTP, files through directories of this machine."""

import pytest
from mlflow.exceptions import RestException

from tests.clients.conftest import use
from tests.clients.journeys import MARKS, digests, pages, predicts, save_model, save_seven_files

pytestmark = MARKS


@pytest.fixture
def mlflow(connect, product):
    return connect(f"uc:{product.url}")


def test_seven_files_go_up_and_come_down(mlflow, tmp_path):
    name = "dev.risk.open_files"
    folder = save_seven_files(mlflow, tmp_path)
    mlflow.MlflowClient().create_registered_model(name)
    version = mlflow.register_model(folder, name)
    assert (int(version.version), version.status) == (1, "READY")
    mlflow.artifacts.download_artifacts(f"models:/{name}/1", dst_path=str(tmp_path / "down"))
    assert digests(tmp_path / "down") == digests(folder)
    assert predicts(mlflow, f"models:/{name}/1")


def test_a_copy_and_a_new_registration_leave_the_source_alone(mlflow, tmp_path):
    """The client deletes the directory that it copied from, and writes a note into the one that it loads from."""
    client, name = mlflow.MlflowClient(), "dev.risk.open_source"
    folder = save_seven_files(mlflow, tmp_path)
    mlflow.register_model(folder, name)
    before = digests(folder)
    client.copy_model_version(f"models:/{name}/1", f"{name}_copy")
    client.copy_model_version(f"models:/{name}_copy/1", f"{name}_copy")  # its files include the note by now
    mlflow.register_model(f"models:/{name}/1", f"{name}_again")
    for uri in (f"models:/{name}/1", f"models:/{name}_copy/1", f"models:/{name}_copy/2", f"models:/{name}_again/1"):
        assert predicts(mlflow, uri)
        down = mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path / uri.replace("/", "_")))
        assert digests(down) == before
    with mlflow.start_run() as run:
        info = mlflow.pyfunc.log_model(name="m", python_model=str(tmp_path / "code.py"))
    registered = mlflow.register_model(info.model_uri, f"{name}_run")
    assert predicts(mlflow, f"models:/{name}_run/{registered.version}")
    assert run


def test_the_life_of_a_model(mlflow, tmp_path):
    client, name = mlflow.MlflowClient(), "dev.risk.open_life"
    client.create_registered_model(name, description="first")
    folder = save_model(mlflow, tmp_path)
    for _ in range(2):
        mlflow.register_model(folder, name)
    client.update_registered_model(name, description="second")
    client.update_model_version(name, 1, description="of the first")
    assert client.get_registered_model(name).description == "second"
    assert client.get_model_version(name, 1).description == "of the first"
    client.delete_model_version(name, 1)
    assert [int(version.version) for version in client.search_model_versions(f"name='{name}'")] == [2]
    client.delete_registered_model(name)
    with pytest.raises(RestException) as caught:
        client.get_registered_model(name)
    assert caught.value.error_code == "NOT_FOUND"


def test_a_thousand_models_in_full_pages(mlflow, thousand):
    models, sizes = pages(mlflow.MlflowClient().search_registered_models, max_results=300)
    assert sum(model.name.startswith("many.models.") for model in models) == 1000
    assert sizes[:-1] == [300] * (len(sizes) - 1)


def test_the_errors_that_a_user_sees(mlflow, product, monkeypatch):
    client, name = mlflow.MlflowClient(), "prod.ml_team.iris_model"
    for call, code in (
        (lambda: client.get_registered_model("dev.risk.nothing"), "NOT_FOUND"),
        (lambda: client.get_model_version(name, 99), "NOT_FOUND"),
        (lambda: client.search_model_versions("name='dev.risk.nothing'"), "NOT_FOUND"),
        (lambda: client.create_registered_model(name), "RESOURCE_ALREADY_EXISTS"),
    ):
        with pytest.raises(RestException) as caught:
            call()
        assert caught.value.error_code == code
    use(monkeypatch, product, product.manage("issue_token", "stranger.open@example.com", "--create"))
    with pytest.raises(RestException) as caught:
        client.delete_registered_model(name)
    assert caught.value.error_code == "PERMISSION_DENIED"
    with pytest.raises(RestException) as caught:
        mlflow.pyfunc.load_model(f"models:/{name}/1")
    assert caught.value.error_code == "PERMISSION_DENIED"
    monkeypatch.delenv("MLFLOW_UC_OSS_TOKEN")
    with pytest.raises(RestException) as caught:
        client.get_registered_model(name)
    assert caught.value.error_code == "UNAUTHENTICATED"
