"""Events of OpenLineage, as its clients send them."""

import pytest

from registry.models import AuditEvent, LineageEdge, LineageNode
from registry.services.metadata import aliases
from registry.services.shared.graph import Direction, Kind
from registry.services.versions import impact
from registry.services.versions.impact import Reach
from tests.cast import actor

pytestmark = pytest.mark.django_db
PATH = "/api/v1/lineage"
MODELS = "mlflow-uc://catalog.example.com"


def event(inputs=(), outputs=(), job="train", kind="COMPLETE", **more):
    return {
        "eventType": kind, "eventTime": "2026-11-30T00:00:00Z", "producer": "https://example.com",
        "run": {"runId": "0189d5f2-0000-7000-8000-000000000000", "facets": {}},
        "schemaURL": "https://openlineage.io/spec/2-0-2/OpenLineage.json#/$defs/RunEvent",
        "job": {"namespace": "airflow", "name": job, "facets": {}}, "inputs": list(inputs), "outputs": list(outputs),
        **more,
    }  # fmt: skip


def dataset(namespace, name, version=None):
    facets = {"version": {"datasetVersion": version}} if version else {}
    return {"namespace": namespace, "name": name, "facets": facets}


LAKE, MART = dataset("s3://lake", "raw/people.csv"), dataset("postgres://db:5432", "mart.public.people")
CHURN = dataset(MODELS, "shop.ml.churn", "1")


def edges():
    return set(LineageEdge.objects.values_list("source__kind", "source__name", "kind", "target__kind", "target__name"))


def test_what_jobs_read_and_write_is_gone_along_to_versions_and_beyond(api, cast):
    write, read = api(cast.writer), api(cast.reader)
    write.ok("POST", PATH, event([LAKE], [MART], job="clean"))
    write.ok("POST", PATH, event([MART], [CHURN]))
    read.ok("POST", PATH, event([CHURN], [dataset("file", "/out/scores.csv")], job="score"))
    found = impact.impact_of_thing(
        actor=actor(cast.reader), kind=Kind.FILE, name="s3://lake/raw/people.csv", reach=Reach(Direction.DOWNSTREAM)
    )
    assert [(each.kind, each.name) for each in found.dependants] == [
        ("Job", "airflow/clean"), ("Dataset", "postgres://db:5432/mart.public.people"), ("Job", "airflow/train"),
        ("Model version", "shop.ml.churn version 1"), ("Job", "airflow/score"), ("File", "/out/scores.csv"),
    ]  # fmt: skip


def test_an_event_that_comes_again_changes_nothing(api, cast):
    for kind in ("START", "RUNNING", "COMPLETE", "COMPLETE"):
        api(cast.writer).ok("POST", PATH, event([LAKE], [MART], kind=kind))
    assert LineageEdge.objects.count() == 2
    assert AuditEvent.objects.filter(action_name="emitLineage").count() == 1
    api(cast.owner).ok("POST", PATH, event([LAKE], [MART]))  # everybody tells it for themselves
    assert LineageEdge.objects.count() == 4


@pytest.mark.parametrize("kind", ["FAIL", "ABORT"])
def test_runs_that_came_to_nothing_tell_nothing(api, cast, kind):
    api(cast.writer).ok("POST", PATH, event([LAKE], [MART], kind=kind))
    assert edges() == set()


def test_events_without_a_job_or_a_run_are_taken(api, cast):
    api(cast.writer).ok("POST", PATH, {"eventTime": "2026-11-30T00:00:00Z", "dataset": LAKE, "producer": "x"})
    job_event = event([LAKE])
    del job_event["run"], job_event["eventType"]
    api(cast.writer).ok("POST", PATH, job_event)
    assert edges() == {("FILE", "s3://lake/raw/people.csv", "READ", "JOB", "airflow/train")}


def test_a_version_may_be_named_by_an_alias(api, cast):
    aliases.set_registered_model_alias(actor=actor(cast.owner), model=cast.model, alias="Champion", version=1)
    api(cast.reader).ok("POST", PATH, event([dataset(MODELS, "shop.ml.churn", "Champion")]))
    assert edges() == {("MODEL_VERSION", "shop.ml.churn version 1", "USED", "JOB", "airflow/train")}


def test_hidden_and_missing_versions_are_told_alike(api, cast):
    told = set()
    for name in ("shop.ml.churn", "shop.ml.nothing"):
        answer = api(cast.stranger)("POST", PATH, event([dataset(MODELS, name, "1")]))
        told.add((answer.status_code, answer.json()["message"].replace(name, "…")))
    assert len(told) == 1
    assert {status for status, _ in told} == {404}
    assert edges() == set()


def test_who_may_add_no_versions_tells_of_no_sources(api, cast):
    assert api(cast.reader).error("POST", PATH, event([LAKE], [CHURN])) == (403, "PERMISSION_DENIED")
    assert edges() == set()


@pytest.mark.parametrize(
    "body",
    [
        event([dataset(MODELS, "shop.ml.churn")]),
        event([dataset(MODELS, "shop", "1")]),
        event([dataset("s3://lake", "x" * 2_000)]),
        event([dataset("s3://lake", "a\0b")]),
        event([LAKE] * 1_001),
        event([{"name": "x"}]),
        event([1]),
        event("x"),
        event(job=""),
        event([{**LAKE, "facets": []}]),
        [],
    ],
)
def test_what_is_no_event_is_refused(api, cast, body):
    assert api(cast.writer).error("POST", PATH, body)[0] == 400
    assert edges() == set()


def test_a_job_has_an_end(api, cast, monkeypatch):
    monkeypatch.setattr("registry.limits.LINEAGE_EDGES_PER_JOB", 3)
    files = [dataset("s3://lake", str(number)) for number in range(4)]
    api(cast.writer).ok("POST", PATH, event(files[:3]))
    assert api(cast.writer).error("POST", PATH, event(files))[0] == 400
    api(cast.writer).ok("POST", PATH, event(files[:2], kind="RUNNING"))
    assert LineageEdge.objects.count() == 3


def test_a_job_without_data_is_no_node(api, cast):
    api(cast.writer).ok("POST", PATH, event())
    assert not LineageNode.objects.exists()
