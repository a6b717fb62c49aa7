"""What was deleted goes for good after a while, with its files; what was not, and what came back, stays."""

from datetime import timedelta
from functools import partial

import pytest
from django.utils import timezone

from registry import tasks
from registry.models import ArtifactRoot, AuditEvent, Experiment, Job
from registry.storage import artifact_store
from registry.tracking import belonging, removing, wire
from tests.tracking import make_logged

pytestmark = pytest.mark.django_db
PROXY = "/api/2.0/mlflow-artifacts/artifacts"


def ask(method, path, **body):
    return wire.ask(method, f"api/2.0/mlflow/{path}", scope="*", body=body)


@pytest.fixture
def one(logged, cast, api, settings):
    """An experiment whose run, model and trace have a file each; what is deleted goes at once."""
    settings.DELETED_RUNS_KEPT_FOR = timedelta()
    logged.shared(cast)
    for place in (logged.run, f"models/{logged.model}", f"traces/{logged.trace}"):
        path = f"{PROXY}/{logged.experiment}/{place}/artifacts/f"
        assert api(cast.writer)("PUT", path, b"x").status_code == 200
    ArtifactRoot.objects.update(created_at=timezone.now() - timedelta(days=1))
    return logged


def roots():
    return set(ArtifactRoot.objects.values_list("kind", flat=True))


def test_deleted_runs_and_models_go_with_their_files(one):
    (location,) = ArtifactRoot.objects.filter(kind="run").values_list("storage_location", flat=True)
    removing.remove_deleted()
    assert roots() == {"run", "model", "trace"}
    ask("POST", "runs/delete", run_id=one.run)
    removing.remove_deleted()
    assert roots() == {"model", "trace"}
    job = Job.objects.get()
    assert (job.kind, job.storage_location) == (Job.Kind.DELETE_ARTIFACTS, location)
    assert wire.ask("GET", f"api/2.0/mlflow/runs/get?run_id={one.run}", scope="*").status == 404
    assert wire.ask("GET", f"api/2.0/mlflow/runs/get?run_id={one.other}", scope="*").status == 200
    ask("DELETE", f"logged-models/{one.model}", model_id=one.model)
    removing.remove_deleted()
    assert roots() == {"trace"}
    ask("POST", "traces/delete-traces", experiment_id=one.experiment, request_ids=[one.trace])
    removing.remove_deleted()
    assert roots() == set()


def test_what_was_deleted_a_moment_ago_or_came_back_stays(one, settings):
    settings.DELETED_RUNS_KEPT_FOR = timedelta(days=30)
    ask("POST", "runs/delete", run_id=one.run)
    removing.remove_deleted()
    assert roots() == {"run", "model", "trace"}
    ask("POST", "runs/restore", run_id=one.run)
    settings.DELETED_RUNS_KEPT_FOR = timedelta()
    removing.remove_deleted()
    assert roots() == {"run", "model", "trace"}


def test_new_files_are_left_alone(one):
    ArtifactRoot.objects.update(created_at=timezone.now())
    ask("POST", "runs/delete", run_id=one.run)
    removing.remove_deleted()
    assert "run" in roots()  # of which nobody knows whether it belongs to what is being made


def test_a_deleted_experiment_goes_with_all_that_is_in_it(api, cast, one):
    call = {"experiment_id": one.experiment}
    api(cast.owner).ok("POST", "/api/2.0/mlflow/experiments/delete", call)
    other = make_logged()
    other.row(cast.owner)
    for _ in range(2):  # files first, then what they were in
        removing.remove_deleted()
    assert not Experiment.objects.filter(name=one.name).exists()
    assert Experiment.objects.filter(name=other.name).exists()
    assert AuditEvent.objects.filter(action_name="removeMlflowExperiment", actor="system").count() == 1
    belonging._known.clear()
    assert api(cast.owner).error("POST", "/api/2.0/mlflow/experiments/restore", call) == (
        404,
        "RESOURCE_DOES_NOT_EXIST",
    )
    made = api(cast.owner).ok("POST", "/api/2.0/mlflow/experiments/create", {"name": one.name})
    assert made["experiment_id"] != one.experiment


def test_the_id_of_an_experiment_is_never_given_again(api, cast, one):
    newest = make_logged()
    newest.row(cast.owner)
    create = partial(api(cast.owner).ok, "POST", "/api/2.0/mlflow/experiments/create")
    api(cast.owner).ok("POST", "/api/2.0/mlflow/experiments/delete", {"experiment_id": newest.experiment})
    for _ in range(2):
        removing.remove_deleted()
    assert int(create({"name": f"{one.name} again"})["experiment_id"]) > int(newest.experiment)
    for _ in range(2):
        removing.remove_deleted()
    assert not Experiment.objects.filter(name=newest.name).exists()


def test_files_outlive_the_loss_of_all_that_is_known_of_runs(one):
    Experiment.objects.update(experiment_id=10**9)  # MLflow's tables are new, or are another installation's
    ArtifactRoot.objects.update(key="of long ago")
    removing.remove_deleted()
    assert roots() == {"run", "model", "trace"}


def test_a_long_history_goes_with_its_run(one):
    metrics = [
        {"key": f"m{key}", "value": step, "timestamp": step, "step": step} for key in range(3) for step in range(300)
    ]
    ask("POST", "runs/log-batch", run_id=one.run, metrics=metrics)
    ask("POST", "runs/delete", run_id=one.run)
    removing.remove_deleted()
    assert wire.ask("GET", f"api/2.0/mlflow/runs/get?run_id={one.run}", scope="*").status == 404


def test_the_files_go_from_the_storage(one):
    (location,) = ArtifactRoot.objects.filter(kind="run").values_list("storage_location", flat=True)
    ask("POST", "runs/delete", run_id=one.run)
    removing.remove_deleted()
    tasks.run_job(str(Job.objects.get().pk))
    assert artifact_store(location).list_files(location) == []


def test_a_server_without_runs_removes_nothing(settings):
    settings.KEEPS_RUNS = False
    removing.remove_deleted()
