"""Plain http answers a program that was written for `mlflow server` as that server does."""

from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import ModelVersion, RegisteredModel
from registry.services.finding import namespaces
from tests.cast import actor, grant
from tests.factories import ModelVersionFactory, RegisteredModelFactory, write

MLFLOW = "/api/2.0/mlflow"
LATEST = f"{MLFLOW}/registered-models/get-latest-versions"
NAME = {"name": "shop.ml.churn"}


@pytest.fixture
def owner(api, cast):
    return api(cast.owner)


@pytest.fixture
def third(cast):
    """A newer version that is ready: the second one is pending."""
    return write(ModelVersionFactory(registered_model=cast.model), MLmodel="flavors: {}\n")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("asked", [{}, {"stages": ["None"]}])
def test_the_latest_version_is_the_newest_that_is_ready(owner, cast, third, method, asked):
    path = f"{LATEST}?name=shop.ml.churn" if method == "GET" else LATEST
    told = owner.ok(method, path, {**NAME, **asked})
    assert [(row["version"], row["current_stage"]) for row in told["model_versions"]] == [("3", "None")]
    model = owner.ok("GET", f"{MLFLOW}/registered-models/get?name=shop.ml.churn")["registered_model"]
    assert model["latest_versions"] == told["model_versions"]
    (found,) = owner.ok("GET", f"{MLFLOW}/registered-models/search")["registered_models"]
    assert found == model


def test_a_model_without_a_version_that_is_ready_has_no_latest(owner, cast):
    cast.version.delete()
    assert owner.ok("POST", LATEST, NAME) == {"model_versions": []}


def test_no_version_is_in_another_stage(owner, cast):
    answer = owner("POST", LATEST, {**NAME, "stages": ["Production"]})
    assert answer.status_code == 400
    assert "aliases" in answer.json()["message"]


def test_a_list_of_models_reads_their_latest_versions_together(owner, cast, django_assert_max_num_queries):
    for _ in range(20):
        write(ModelVersionFactory(registered_model=RegisteredModelFactory(schema=cast.schema, owner_user=cast.owner)))
    with django_assert_max_num_queries(25):
        found = owner.ok("GET", f"{MLFLOW}/registered-models/search")["registered_models"]
    assert sum(len(model["latest_versions"]) for model in found) == 21


def test_latest_names_a_version_as_a_source(owner, cast, third):
    copied = {**NAME, "source": "models:/shop.ml.churn/latest"}
    assert owner.ok("POST", f"{MLFLOW}/model-versions/create", copied)["model_version"]["version"] == "4"
    assert ModelVersion.objects.get(version=4).copied_from == third
    none = {"name": "shop.ml.empty", "source": "models:/shop.ml.empty/latest"}
    RegisteredModelFactory(schema=cast.schema, name="empty", owner_user=cast.owner)
    assert owner.error("POST", f"{MLFLOW}/model-versions/create", none)[0] == 404


def test_a_missing_model_is_told_before_its_source_is_judged(owner, cast):
    created = {"name": "shop.ml.none", "source": "/somewhere/else"}
    assert owner.error("POST", f"{MLFLOW}/model-versions/create", created) == (404, "RESOURCE_DOES_NOT_EXIST")


def test_the_run_that_is_named_is_kept_with_its_link(owner, cast):
    ModelVersion.objects.filter(pk=cast.version.pk).update(run_id="old", run_link="https://old.example.com")
    run = {"run_id": "abc", "run_link": "https://runs.example.com/abc"}
    created = {**NAME, "source": "models:/shop.ml.churn/1"}
    kept = owner.ok("POST", f"{MLFLOW}/model-versions/create", created)["model_version"]
    assert (kept["run_id"], kept["run_link"]) == ("old", "https://old.example.com")
    ModelVersion.objects.filter(version=3).delete()
    told = owner.ok("POST", f"{MLFLOW}/model-versions/create", {**created, **run})["model_version"]
    assert {name: told[name] for name in run} == run


def test_a_model_changes_when_a_version_comes_or_goes(owner, cast):
    def touched():
        return owner.ok("GET", f"{MLFLOW}/registered-models/get?name=shop.ml.churn")["registered_model"]

    grant(cast.writer, cast.model, "APPLY TAG")
    times = [touched()["last_updated_timestamp"]]
    owner.ok("POST", f"{MLFLOW}/model-versions/create", {**NAME, "source": "models:/shop.ml.churn/1"})
    times.append(touched()["last_updated_timestamp"])
    owner.ok("DELETE", f"{MLFLOW}/model-versions/delete", {**NAME, "version": "3"})
    times.append(touched()["last_updated_timestamp"])
    assert times == sorted(set(times))
    assert RegisteredModel.objects.get().updated_by == cast.owner.user_name


def test_ties_are_broken_as_mlflows_server_breaks_them(owner, cast):
    """Models by name; versions by name, and the newest first."""
    for name in "cab":
        model = RegisteredModelFactory(schema=cast.schema, name=name, owner_user=cast.owner)
        for _ in range(2):
            ModelVersionFactory(registered_model=model)
    moment = cast.model.created_at
    RegisteredModel.objects.update(created_at=moment, updated_at=moment)
    ModelVersion.objects.update(created_at=moment, updated_at=moment)
    for order in ("timestamp DESC", "last_updated_timestamp ASC"):
        told = owner.ok("GET", f"{MLFLOW}/registered-models/search?order_by={order}&max_results=3")
        more = owner.ok(
            "GET",
            f"{MLFLOW}/registered-models/search?order_by={order}&max_results=3&page_token={told['next_page_token']}",
        )
        names = [model["name"][-1] for model in (*told["registered_models"], *more["registered_models"])]
        assert names == ["a", "b", "c", "n"]
    for order in ("", "creation_timestamp ASC", "last_updated_timestamp DESC"):
        asked = f"&order_by={order}" if order else ""
        told = owner.ok("GET", f"{MLFLOW}/model-versions/search?max_results=100{asked}")["model_versions"]
        assert [(version["name"][-1], version["version"]) for version in told] == [
            ("a", "2"), ("a", "1"), ("b", "2"), ("b", "1"), ("c", "2"), ("c", "1"), ("n", "2"), ("n", "1"),
        ]  # fmt: skip


LOGGED = f"{MLFLOW}/logged-models"


def test_a_version_is_the_logged_model_of_its_id(owner, cast):
    """Clients whose tracking server is this one ask for it when they copy or register."""
    ModelVersion.objects.filter(pk=cast.version.pk).update(
        model_id="m-1", run_id="run", params=[{"name": "depth", "value": "7"}]
    )
    copy = owner.ok("POST", f"{MLFLOW}/model-versions/create", {**NAME, "source": "models:/shop.ml.churn/1"})
    ModelVersion.objects.get(version=copy["model_version"]["version"]).finalize(size=1)
    model = owner.ok("GET", f"{LOGGED}/m-1")["model"]
    info = model["info"]
    assert (info["model_id"], info["status"], info["source_run_id"]) == ("m-1", "LOGGED_MODEL_READY", "run")
    assert info["artifact_uri"] == "models:/shop.ml.churn/1"
    assert info["registrations"] == [{"name": "shop.ml.churn", "version": number} for number in "13"]
    assert model["data"]["params"] == [{"key": "depth", "value": "7"}]
    # What the client notes of a registration is so already; there is no place for anything else.
    kept = [{"key": "mlflow.modelVersions", "value": info["tags"][0]["value"]}]
    assert owner.ok("PATCH", f"{LOGGED}/m-1/tags", {"tags": kept})["model"] == model
    for other in ({"key": "team", "value": "ml"}, {**kept[0], "value": '[{"name": "a.b.c", "version": 1}]'}):
        answer = owner("PATCH", f"{LOGGED}/m-1/tags", {"tags": [other]})
        assert answer.status_code == 400
        assert other["key"] in answer.json()["message"]
    for broken in ("{", "7", "[7]", '[{"name": 1}]'):
        assert owner.error("PATCH", f"{LOGGED}/m-1/tags", {"tags": [{**kept[0], "value": broken}]})[0] == 400


@pytest.mark.parametrize("model_id", ["", "m-unknown", "m-2"])
def test_a_logged_model_that_is_not_there_does_not_exist(owner, cast, model_id):
    """MLflow goes on without it then, and with no other answer. (The version of m-2 is pending.)"""
    ModelVersion.objects.filter(pk=cast.pending.pk).update(model_id="m-2")
    assert owner.error("GET", f"{LOGGED}/{model_id}") == (404, "RESOURCE_DOES_NOT_EXIST")


def test_the_workspace_registry_reads_files_by_its_own_two_routes(api, owner, cast, client):
    listed = owner.ok("GET", f"{MLFLOW}/model-versions/list-artifacts?name=shop.ml.churn&version=1")["files"]
    assert {file["path"]: file["is_dir"] for file in listed} == {"MLmodel": False, "data": True}
    path = f"{MLFLOW}/model-versions/list-artifacts?name=shop.ml.churn&version=1&path="
    assert [file["path"] for file in owner.ok("GET", f"{path}data")["files"]] == ["data/weights"]
    assert owner.ok("GET", f"{path}data/weights")["files"] == [
        {"path": "data/weights", "is_dir": False, "file_size": 5}
    ]
    assert owner.error("GET", f"{path}none")[0] == 404
    signed = f"{MLFLOW}/model-versions/get-signed-download-uri?name=shop.ml.churn&version=1&path="
    told = owner.ok("GET", f"{signed}data/weights")
    assert told["headers"] == []
    answer = client.get(told["signed_uri"].removeprefix("http://testserver"))
    assert b"".join(answer.streaming_content) == b"12345"
    assert owner.error("GET", f"{signed}data")[0] == 404
    assert api(cast.stranger).error("GET", f"{signed}MLmodel")[0] == 404


@pytest.fixture(params=["installation", "caller"])
def short_names(request, settings, cast):
    """Names of one and two levels are found in shop.ml, because the installation says so or the caller does."""
    if request.param == "installation":
        settings.DEFAULT_NAMESPACE = ("shop", "ml")
    else:
        settings.DEFAULT_NAMESPACE = ("elsewhere", "s")
        namespaces.choose_namespace(actor=actor(cast.owner), name="Shop.ML")


@pytest.mark.usefixtures("short_names")
@pytest.mark.parametrize("name", ["churn", "ml.churn", "shop.ml.churn"])
def test_a_program_written_for_mlflow_server_runs_with_one_changed_address(owner, cast, name):
    """It is answered with full names, by which it goes on."""
    full = "shop.ml.churn"
    grant(cast.owner, cast.schema, "CREATE MODEL")  # which renaming wants
    assert owner.ok("GET", f"{MLFLOW}/registered-models/get?name={name}")["registered_model"]["name"] == full
    owner.ok("POST", f"{MLFLOW}/registered-models/alias", {"name": name, "alias": "best", "version": "1"})
    owner.ok("POST", f"{MLFLOW}/model-versions/set-tag", {"name": name, "version": "1", "key": "k", "value": "v"})
    copied = {"name": name, "source": f"models:/{name}@best"}
    assert owner.ok("POST", f"{MLFLOW}/model-versions/create", copied)["model_version"]["name"] == full
    for where in (f"name = '{name}'", f"name LIKE '{name[:-1]}%'", f"name IN ('{name}', 'other')", "name LIKE '%urn'"):
        found = owner.ok("GET", f"{MLFLOW}/model-versions/search?{urlencode({'filter': where})}")["model_versions"]
        assert {version["name"] for version in found} == {full}, where
    found = owner.ok("GET", f"{MLFLOW}/registered-models/search?{urlencode({'filter': f'name != {name!r}'})}")
    assert found["registered_models"] == []
    owner.ok("GET", f"{MLFLOW}/model-versions/list-artifacts?name={name}&version=1")
    renamed = {"name": name, "new_name": name.replace("churn", "loyalty")}
    told = owner.ok("POST", f"{MLFLOW}/registered-models/rename", renamed)["registered_model"]
    assert told["name"] == "shop.ml.loyalty"
    owner.ok("DELETE", f"{MLFLOW}/registered-models/delete", {"name": name.replace("churn", "loyalty")})


@pytest.mark.usefixtures("short_names")
def test_no_other_dialect_takes_short_names(owner, cast):
    for path in (
        "/api/2.0/mlflow/unity-catalog/registered-models/get?name=churn",
        "/api/2.1/unity-catalog/models/churn",
    ):
        status, _ = owner.error("GET", path)
        assert status == 400


def test_short_names_are_off_unless_somebody_turns_them_on(owner, cast):
    answer = owner("GET", f"{MLFLOW}/registered-models/get?name=churn")
    assert (answer.status_code, "specify all three levels" in answer.json()["message"]) == (400, True)


def test_a_catalog_alone_takes_names_of_two_levels(owner, cast, settings):
    settings.DEFAULT_NAMESPACE = ("shop",)
    assert owner("GET", f"{MLFLOW}/registered-models/get?name=ml.churn").status_code == 200
    assert owner("GET", f"{MLFLOW}/registered-models/get?name=churn").status_code == 400


def test_who_writes_full_names_does_not_wait_for_the_choice_of_short_ones(owner, cast):
    with CaptureQueriesContext(connection) as asked:
        owner.ok("GET", f"{MLFLOW}/registered-models/get?name=shop.ml.churn")
        owner.ok("GET", f"{MLFLOW}/model-versions/search?{urlencode({'filter': 'name = ' + repr('shop.ml.churn')})}")
        owner.ok("POST", f"{MLFLOW}/model-versions/create", {**NAME, "source": "models:/shop.ml.churn/1"})
    assert not [query["sql"] for query in asked if "registry_defaultnamespace" in query["sql"]]
