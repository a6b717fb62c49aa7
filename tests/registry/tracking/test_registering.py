"""*Register model*: what a run has logged becomes a version, by `create` with its source."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from registry import tasks
from registry.exceptions import InvalidParameterValue, TrackingUnavailable
from registry.models import ArtifactRoot, Experiment, Job, LineageEdge, ModelVersion, RunArtifact, UnreadRun
from registry.names import FullName
from registry.storage import artifact_store
from registry.tracking import lineage, registering, wire
from tests.cast import actor, grant
from tests.tracking import SIGNED, ask

pytestmark = [pytest.mark.django_db, pytest.mark.both_servers]
PROXY, CREATE = "/api/2.0/mlflow-artifacts/artifacts", "/api/2.0/mlflow/model-versions/create"
NAME = "shop.ml.churn"


@pytest.fixture
def one(logged, cast, api):
    """A logged model with files and values, which the writer may read, and a run that MLflow 2 has logged one to."""
    logged.shared(cast)
    write = api(cast.writer)
    for place in (f"models/{logged.model}/artifacts", f"{logged.run}/artifacts/old"):
        folder = f"{PROXY}/{logged.experiment}/{place}"
        assert write("PUT", f"{folder}/MLmodel", SIGNED.encode()).status_code == 200
        assert write("PUT", f"{folder}/data/model.pkl", b"weights").status_code == 200
    ask("runs/log-parameter", run_id=logged.run, key="depth", value="4")
    ask("runs/log-metric", run_id=logged.run, key="bad", value="NaN", timestamp=1, step=0)
    source = '{"delta_table_name": "shop.ml.people", "delta_table_version": 3}'
    dataset = {"name": "people", "digest": "d1", "source_type": "delta_table", "source": source}
    ask("runs/log-inputs", run_id=logged.run, datasets=[{"dataset": dataset, "tags": []}])
    ask("runs/outputs", run_id=logged.run, models=[{"model_id": logged.model, "step": 2}])
    ask(f"logged-models/{logged.model}/params", model_id=logged.model, params=[{"key": "kind", "value": "forest"}])
    return logged


def created(api, who, source, **more):
    answer = api(who).ok("POST", CREATE, {"name": NAME, "source": source, **more})["model_version"]
    return ModelVersion.objects.get(registered_model__name="churn", version=answer["version"])


def finished(version):
    tasks.run_job(str(version.jobs.get().pk))
    version.refresh_from_db()
    return version


def test_a_logged_model_becomes_a_version_with_all_that_is_known_of_it(api, cast, one):
    version = created(api, cast.writer, f"models:/{one.model}", description="good", tags=[{"key": "a", "value": "b"}])
    job = version.jobs.get()
    assert (version.status, job.kind, job.title) == (
        "PENDING_REGISTRATION",
        Job.Kind.REGISTER,
        f"Register as {version}",
    )
    finished(version)
    assert (version.status, version.run_id, version.model_id) == ("READY", one.run, one.model)
    assert version.params == [{"name": "depth", "value": "4"}, {"name": "kind", "value": "forest"}]
    assert [(metric["key"], metric["value"]) for metric in version.metrics] == [("loss", 0.5)]
    assert set(LineageEdge.objects.filter(target__version=version).values_list("source__kind", "source__name")) == {
        ("TABLE", "shop.ml.people"), ("RUN", one.run), ("LOGGED_MODEL", one.model), ("EXPERIMENT", one.experiment),
    }  # fmt: skip
    assert (version.comment, version.flavor, version.source) == ("good", "sklearn", f"models:/{one.model}")
    files = version.artifacts.values_list("path", "size")
    assert sorted(files) == [("MLmodel", len(SIGNED)), ("data/model.pkl", 7)]
    read = artifact_store(version.storage_location).read(version.storage_location, "data/model.pkl", 0, 7)
    assert b"".join(read) == b"weights"


@pytest.mark.parametrize(
    "source",
    [
        "runs:/{run}/old",
        "mlflow-artifacts:/{experiment}/{run}/artifacts/old",
        "dbfs:/databricks/mlflow-tracking/{experiment}/{run}/artifacts/old/",
        "runs:/{run}/model",
        "mlflow-artifacts:/{experiment}/models/{model}/artifacts",
        "dbfs:/databricks/mlflow-tracking/{experiment}/logged_models/{model}/artifacts",
    ],
)
def test_every_name_that_clients_have_for_it_leads_there(api, cast, one, source):
    version = finished(created(api, cast.writer, source.format(**vars(one))))
    assert (version.status, version.run_id) == ("READY", one.run)
    assert sorted(version.artifacts.values_list("path", flat=True)) == ["MLmodel", "data/model.pkl"]
    assert version.model_id == one.model or "old" in source


@pytest.mark.parametrize(
    "source",
    [
        "models:/m-0000",
        "runs:/0000/model",
        "runs:/{run}/nothing",
        "runs:/{run}/ol",
        "mlflow-artifacts:/99999/{run}/artifacts/old",
        "dbfs:/databricks/mlflow-tracking/99999/logged_models/{model}/artifacts",
    ],
)
def test_what_is_not_there_is_said_not_to_be(api, cast, one, source):
    wanted = {"name": NAME, "source": source.format(**vars(one))}
    assert api(cast.writer).error("POST", CREATE, wanted) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert not Job.objects.exists()


def test_whoever_may_not_read_the_experiment_registers_nothing_of_it(api, cast, one):
    grant(cast.stranger, cast.model, "CREATE MODEL VERSION", "EXECUTE")
    grant(cast.stranger, cast.model.schema, "USE SCHEMA")
    grant(cast.stranger, cast.model.schema.catalog, "USE CATALOG")
    for source in (
        f"models:/{one.model}",
        f"runs:/{one.run}/old",
        f"mlflow-artifacts:/{one.experiment}/{one.run}/artifacts/old",
    ):
        wanted = {"name": NAME, "source": source}
        assert api(cast.stranger).error("POST", CREATE, wanted) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert not Job.objects.exists()


def test_whoever_may_not_add_versions_is_refused(api, cast, one):
    wanted = {"name": NAME, "source": f"models:/{one.model}"}
    assert api(cast.reader).error("POST", CREATE, wanted) == (403, "PERMISSION_DENIED")


def test_a_model_without_a_signature_is_told_how_to_get_one(api, cast, one):
    for text in ("flavors: {}\n", SIGNED.replace("outputs", "others")):
        folder = f"{PROXY}/{one.experiment}/models/{one.model}/artifacts"
        assert api(cast.writer)("PUT", f"{folder}/MLmodel", text.encode()).status_code == 200
        answer = api(cast.writer)("POST", CREATE, {"name": NAME, "source": f"models:/{one.model}"})
        assert answer.status_code == 400
        assert "infer_signature" in answer.json()["message"]
    assert not Job.objects.exists()


def test_asked_twice_it_is_registered_once(api, cast, one):
    first, second = (created(api, cast.writer, f"models:/{one.model}") for _ in range(2))
    assert first == second
    finished(first)
    assert created(api, cast.writer, f"models:/{one.model}") != first


def test_a_right_that_ends_before_the_job_begins_ends_the_registration(api, cast, one):
    version = created(api, cast.writer, f"models:/{one.model}")
    Experiment.objects.get().user_grants.filter(user=cast.writer).delete()
    assert finished(version).status == "FAILED_REGISTRATION"
    assert "no longer allowed to do it" in version.status_message


@pytest.mark.own_server
def test_a_file_that_is_damaged_fails_the_registration_and_leaves_nothing(api, cast, one):
    version = created(api, cast.writer, f"models:/{one.model}")
    row = RunArtifact.objects.get(root__kind="model", path="data/model.pkl")
    RunArtifact.objects.filter(pk=row.pk).update(sha256="0" * 64)
    assert finished(version).status == "FAILED_REGISTRATION"
    assert "SHA-256" in version.status_message
    assert artifact_store(version.storage_location).list_files(version.storage_location) == []


def test_files_that_change_before_the_job_begins_are_not_registered(api, cast, one):
    folder = f"{PROXY}/{one.experiment}/models/{one.model}/artifacts"
    version = created(api, cast.writer, f"models:/{one.model}")
    assert api(cast.writer)("PUT", f"{folder}/more", b"x" * 1_000).status_code == 200
    assert finished(version).status == "FAILED_REGISTRATION"
    assert "changed in the meantime" in version.status_message
    version = created(api, cast.writer, f"models:/{one.model}")
    unsigned = b"flavors: {}".ljust(len(SIGNED))
    assert api(cast.writer)("PUT", f"{folder}/MLmodel", unsigned).status_code == 200
    assert finished(version).status == "FAILED_REGISTRATION"
    assert "infer_signature" in version.status_message


@pytest.mark.own_server
def test_a_model_outlives_its_run(api, cast, one):
    wire.ask("POST", "api/2.0/mlflow/runs/delete", scope="*", body={"run_id": one.run})
    far = int(time.time() * 1000) + 10_000
    wire.ask("POST", "collect", scope="*", body={"before": far, "most": 20, "experiments": []})
    version = finished(created(api, cast.writer, f"models:/{one.model}"))
    assert (version.status, version.model_id, version.run_id) == ("READY", one.model, "")


def test_a_model_that_was_deleted_hides_no_other_of_its_run(api, cast, one):
    gone = ask("logged-models", experiment_id=one.experiment, name="gone", source_run_id=one.run)["model"]["info"]
    wire.ask("DELETE", f"api/2.0/mlflow/logged-models/{gone['model_id']}", scope="*", body={})
    assert finished(created(api, cast.writer, f"runs:/{one.run}/model")).model_id == one.model


def test_a_new_model_is_created_with_its_version_or_not_at_all(cast, one):
    who = actor(cast.writer)
    logged = registering.find_logged(actor=who, source=f"models:/{one.model}")
    job = registering.register(actor=who, logged=logged, destination=FullName("shop", "ml", "fresh"))
    assert job.target.registered_model.full_name == "shop.ml.fresh"
    Job.objects.all().delete()
    root = ArtifactRoot.objects.get(kind="model")
    artifact_store(root.storage_location).delete_file(root.storage_location, "MLmodel")
    with pytest.raises(InvalidParameterValue, match="signature|no MLmodel file"):
        registering.register(actor=who, logged=logged, destination=FullName("shop", "ml", "fresher"))
    assert not cast.model.schema.registered_models.filter(name="fresher").exists()


def test_a_version_whose_client_names_its_run_has_what_that_has_read(api, cast, one):
    body = {"name": NAME, "source": "s", "run_id": one.run}
    version = api(cast.writer).ok("POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", body)["model_version"]
    version = ModelVersion.objects.get(registered_model__name="churn", version=version["version"])
    lineage.read_runs()
    edges = LineageEdge.objects.filter(target__version=version)
    assert set(edges.values_list("kind", "source__kind", "source__name", "recorded_by")) == {
        ("READ", "TABLE", "shop.ml.people", "writer@example.com"), ("MADE", "RUN", one.run, "writer@example.com"),
        ("MADE", "EXPERIMENT", one.experiment, "writer@example.com"),
    }  # fmt: skip
    assert not UnreadRun.objects.exists()


@pytest.mark.parametrize("member", ["owner", "nobody"])
def test_a_run_that_its_maker_may_not_read_tells_nothing(api, cast, one, member):
    """Whoever may add versions may name any run."""
    Experiment.objects.get().user_grants.all().delete()
    Experiment.objects.update(owner_user=cast.stranger, owner_group=None)
    Experiment.objects.get().group_grants.all().delete()
    body = {"name": NAME, "source": "s", "run_id": one.run}
    api(cast.writer).ok("POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", body)
    if member == "nobody":
        ModelVersion.objects.update(creator_key=None)
    lineage.read_runs()
    assert not LineageEdge.objects.filter(kind="READ").exists()
    assert not UnreadRun.objects.exists()


def test_a_run_is_asked_for_again_while_nobody_answers(api, cast, one, monkeypatch):
    body = {"name": NAME, "source": "s", "run_id": one.run}
    api(cast.writer).ok("POST", "/api/2.0/mlflow/unity-catalog/model-versions/create", body)
    with monkeypatch.context() as patch:
        patch.setattr(lineage.runs, "get_run", unavailable)
        lineage.read_runs()
    assert UnreadRun.objects.count() == 1
    lineage.read_runs()
    assert LineageEdge.objects.filter(kind="READ").count() == 1
    UnreadRun.objects.create(version=ModelVersion.objects.last(), created_at=timezone.now() - timedelta(days=2))
    lineage.read_runs()
    assert not UnreadRun.objects.exists()


@pytest.mark.parametrize("run", ["a\nb", "x" * 255, "a/b", "..", "?"])
def test_a_run_that_can_be_none_holds_nobody_up(api, cast, one, run, as_user):
    path = "/api/2.0/mlflow/unity-catalog/model-versions/create"
    number = api(cast.writer).ok("POST", path, {"name": NAME, "source": "s", "run_id": run})["model_version"]["version"]
    api(cast.writer).ok("POST", path, {"name": NAME, "source": "s", "run_id": one.run})
    lineage.read_runs()
    assert not UnreadRun.objects.exists()
    assert LineageEdge.objects.filter(kind="READ").count() == 1
    for page in (f"/version/{number}?activeTab=lineage", "?activeTab=lineage", f"/version/{number}/lineage"):
        assert as_user(cast.reader).get(f"/explore/data/models/shop/ml/churn{page}").status_code == 200


def unavailable(**_):
    raise TrackingUnavailable("nobody")
