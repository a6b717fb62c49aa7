"""`http://…`, plain MLflow: the whole registry with three-level names; the server copies, and the client reads."""

import time

import pytest
from mlflow.exceptions import MlflowException, RestException

from tests.clients.conftest import use
from tests.clients.journeys import MARKS, digests, pages, predicts, save_model, save_seven_files

pytestmark = MARKS


@pytest.fixture
def mlflow(connect, product):
    return connect(product.url)


@pytest.fixture
def registered(mlflow, product, tmp_path):
    """``registered(name)`` uploads a model by the dialect that uploads, and comes back to this one."""

    def upload(name, folder=None, versions=1):
        folder = folder or save_model(mlflow, tmp_path)
        mlflow.set_registry_uri("databricks-uc")
        for _ in range(versions):
            mlflow.register_model(folder, name)
        mlflow.set_registry_uri(product.url)
        return f"models:/{name}/1"

    return upload


def test_seven_files_come_down_and_are_copied_by_the_server(mlflow, registered, tmp_path):
    folder = save_seven_files(mlflow, tmp_path)
    uri = registered("dev.risk.http_files", folder)
    assert digests(mlflow.artifacts.download_artifacts(uri, dst_path=str(tmp_path / "down"))) == digests(folder)
    copied = mlflow.MlflowClient().copy_model_version(uri, "dev.risk.http_files_copy")
    assert copied.status in ("READY", "PENDING_REGISTRATION")
    while mlflow.MlflowClient().get_model_version("dev.risk.http_files_copy", 1).status != "READY":
        time.sleep(0.1)
    down = mlflow.artifacts.download_artifacts("models:/dev.risk.http_files_copy/1", dst_path=str(tmp_path / "copy"))
    assert digests(down) == digests(folder)
    assert predicts(mlflow, "models:/dev.risk.http_files_copy/1")


def test_the_life_of_a_model(mlflow, registered):
    client, name = mlflow.MlflowClient(), "dev.risk.http_life"
    client.create_registered_model(name, tags={"team": "risk"}, description="first")
    registered(name, versions=2)
    client.set_registered_model_alias(name, "Champion", 1)
    client.set_registered_model_alias(name, "champion", 2)
    assert int(client.get_model_version_by_alias(name, "CHAMPION").version) == 2
    assert predicts(mlflow, f"models:/{name}@champion")
    client.set_registered_model_alias(name, "gone", 1)
    client.delete_registered_model_alias(name, "gone")
    client.set_registered_model_tag(name, "stage", "prod")
    client.delete_registered_model_tag(name, "team")
    client.set_model_version_tag(name, "1", "checked", "yes")
    client.delete_model_version_tag(name, "1", "absent")
    client.update_registered_model(name, description="second")
    client.update_model_version(name, "1", description="of the first")
    model, version = client.get_registered_model(name), client.get_model_version(name, "1")
    assert (model.description, model.tags, {a: int(v) for a, v in model.aliases.items()}) == (
        "second", {"stage": "prod"}, {"champion": 2},
    )  # fmt: skip
    assert (version.description, version.tags, version.aliases) == ("of the first", {"checked": "yes"}, [])

    again = mlflow.register_model(f"models:/{name}@champion", f"{name}_again", tags={"from": "champion"})
    assert (again.status, again.tags) == ("READY", {"from": "champion"})
    client.rename_registered_model(name, f"{name}_renamed")
    client.delete_model_version(f"{name}_renamed", "1")
    assert [int(v.version) for v in client.search_model_versions(f"name='{name}_renamed'")] == [2]
    client.delete_registered_model(f"{name}_renamed")
    assert list(client.search_model_versions(f"name='{name}_renamed'")) == []


def test_the_grammar_of_search(mlflow, registered):
    client = mlflow.MlflowClient()
    for number, team in enumerate(("risk", "Risk", "fraud")):
        name = f"dev.risk.grammar_{number}"
        registered(name)
        client.set_registered_model_tag(name, "team", team)
        client.set_model_version_tag(name, "1", "team", team)
        client.update_registered_model(name, description=f"Number {number}")
        client.set_registered_model_alias(name, f"best{number}", 1)

    def models(where):
        found = client.search_registered_models(f"name LIKE 'dev.risk.grammar%' AND {where}")
        return [int(model.name[-1]) for model in found]

    def versions(where):
        found = client.search_model_versions(f"name LIKE 'dev.risk.grammar%' AND {where}", order_by=["name ASC"])
        return [int(version.name[-1]) for version in found]

    for search in (models, versions):
        assert search("name != 'dev.risk.grammar_1'") == [0, 2]
        assert search("name ILIKE '%GRAMMAR_2'") == [2]
        assert search("name IN ('dev.risk.grammar_0', 'dev.risk.grammar_2')") == [0, 2]
        assert search("tags.team = 'risk'") == [0]
        assert search("tag.`team` LIKE 'R%'") == [1]
        assert search("tags.team ILIKE 'r%'") == [0, 1]
        assert search("tags.team != 'risk'") == [1, 2]
        assert search("aliases = 'BEST1'") == [1]
        assert search("aliases != 'best1'") == [0, 2]
        assert search("owner = 'admin@example.com'") == [0, 1, 2]
    assert models("comment LIKE 'Number 1'") == [1]
    assert versions("status = 'READY' AND version_number < 2 AND run_id = ''") == [0, 1, 2]
    assert versions("source_path LIKE 'models:%'") == []
    ordered = client.search_registered_models("name LIKE 'dev.risk.grammar%'", order_by=["name DESC"])
    assert [model.name[-1] for model in ordered] == ["2", "1", "0"]
    with pytest.raises(RestException, match=r"INVALID_PARAMETER_VALUE.*character 6: expected .*!="):
        client.search_registered_models("name ~ 'x'")


def test_a_thousand_models_in_full_pages(mlflow, thousand):
    client = mlflow.MlflowClient()
    models, sizes = pages(
        client.search_registered_models, filter_string="name LIKE 'many.models.%'", order_by=["name DESC"],
        max_results=300,
    )  # fmt: skip
    assert [model.name for model in models] == [f"many.models.m{number:04}" for number in reversed(range(1000))]
    assert sizes == [300, 300, 300, 100]


def test_the_errors_that_a_user_sees(mlflow, product, monkeypatch, tmp_path):
    client, name = mlflow.MlflowClient(), "prod.ml_team.iris_model"
    for call, code in (
        (lambda: client.get_registered_model("dev.risk.nothing"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda: client.create_registered_model("nothing"), "INVALID_PARAMETER_VALUE"),
        (lambda: client.create_registered_model(name), "RESOURCE_ALREADY_EXISTS"),
        (lambda: client.get_model_version_by_alias(name, "nobody"), "RESOURCE_DOES_NOT_EXIST"),
        (lambda: client.get_model_version(name, "99"), "RESOURCE_DOES_NOT_EXIST"),
    ):
        with pytest.raises(RestException) as caught:
            call()
        assert caught.value.error_code == code
    with pytest.raises(MlflowException, match="aliases"):
        client.get_latest_versions(name, stages=["Production"])
    assert [str(version.version) for version in client.get_latest_versions(name)] == ["2"]
    with pytest.raises(MlflowException, match="aliases"):
        client.transition_model_version_stage(name, "1", "Production")
    with pytest.raises(MlflowException, match="databricks-uc"):
        mlflow.register_model(save_model(mlflow, tmp_path), "dev.risk.http_upload")
    use(monkeypatch, product, product.manage("issue_token", "stranger.http@example.com", "--create"))
    with pytest.raises(RestException) as caught:
        client.delete_registered_model(name)
    assert caught.value.error_code == "PERMISSION_DENIED"
    with pytest.raises(MlflowException, match="403|PERMISSION_DENIED"):
        mlflow.pyfunc.load_model(f"models:/{name}/1")
    use(monkeypatch, product, "cex_wrong")
    with pytest.raises(RestException) as caught:
        client.get_registered_model(name)
    assert caught.value.error_code == "UNAUTHENTICATED"


def test_a_token_serves_as_password(mlflow, product, monkeypatch):
    token = product.first_run("Access token")
    monkeypatch.delenv("MLFLOW_TRACKING_TOKEN")
    for name in ("token", "admin@example.com"):
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", name)
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", token)
        assert mlflow.MlflowClient().get_registered_model("prod.ml_team.iris_model")
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "someone@example.com")
    with pytest.raises(RestException):
        mlflow.MlflowClient().get_registered_model("prod.ml_team.iris_model")
