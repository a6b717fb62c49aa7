"""OpenLineage's stock client tells what a job reads and writes, and the impact of a file is known."""

import json
from datetime import UTC, datetime

import pytest
from databricks.sdk import WorkspaceClient
from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, JobEvent, OutputDataset, Run, RunEvent, RunState
from openlineage.client.facet_v2 import dataset_version_dataset
from openlineage.client.transport.http import ApiKeyTokenProvider, HttpConfig, HttpTransport
from openlineage.client.uuid import generate_new_uuid

from tests.clients.conftest import use

pytestmark = [
    pytest.mark.client,
    pytest.mark.xdist_group("clients"),
    pytest.mark.filterwarnings("default"),  # the client's own
]
PRODUCER = "https://example.com/jobs"
MODEL = "dev.ml_team.iris_model"


def test_runs_and_jobs_become_lineage(product, monkeypatch):
    token = product.first_run("Access token")
    use(monkeypatch, product, token)
    config = HttpConfig(url=product.url, auth=ApiKeyTokenProvider({"apiKey": token}))
    client = OpenLineageClient(transport=HttpTransport(config))
    facets = {"version": dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion="2")}
    now, run = datetime.now(UTC).isoformat(), Run(runId=str(generate_new_uuid()))
    raw = InputDataset(namespace="s3://lake", name="raw/iris.csv")
    for state in (RunState.START, RunState.COMPLETE):
        version = OutputDataset(namespace="mlflow-uc://catalog", name=MODEL, facets=facets)
        event = RunEvent(
            eventType=state, eventTime=now, run=run, job=Job(namespace="airflow", name="train"), producer=PRODUCER,
            inputs=[raw], outputs=[version],
        )  # fmt: skip
        client.emit(event)
    scores = OutputDataset(namespace="postgres://db:5432", name="mart.public.scores")
    scored = InputDataset(namespace="mlflow-uc://catalog", name=MODEL, facets=facets)
    job = Job(namespace="airflow", name="score")
    client.emit(JobEvent(eventTime=now, job=job, producer=PRODUCER, inputs=[scored], outputs=[scores]))

    asked = {"kind": "FILE", "name": "s3://lake/raw/iris.csv"}
    found = WorkspaceClient().api_client.do("GET", "/api/2.1/catalog-explorer/impact", query=asked)
    names = [each["name"] for each in found["dependants"]]
    assert names[:2] == ["airflow/train", f"{MODEL} version 2"]
    assert {"airflow/score", "postgres://db:5432/mart.public.scores", "prod.ml_team.iris_model version 2"} < set(names)


def test_lineage_goes_out_as_events_that_the_client_sends_back(product, monkeypatch):
    """The stock client's own classes take what is exported, check it, and tell it to a server."""
    token = product.first_run("Access token")
    use(monkeypatch, product, token)
    workspace = WorkspaceClient()
    path, query = "/api/2.1/catalog-explorer/lineage/openlineage", {"model": "prod.ml_team.iris_model"}
    answer = workspace.api_client.do("GET", path, query=query, raw=True, headers={"Accept": "application/jsonl"})
    told = [json.loads(line) for line in answer["contents"].read().splitlines()]
    config = HttpConfig(url=product.url, auth=ApiKeyTokenProvider({"apiKey": token}))
    client = OpenLineageClient(transport=HttpTransport(config))
    for event in told:
        inputs, outputs = ([dataset(kind, each) for each in event[side]] for kind, side in SIDES)
        job = Job(namespace=event["job"]["namespace"], name=event["job"]["name"])
        client.emit(
            JobEvent(eventTime=event["eventTime"], producer=event["producer"], job=job, inputs=inputs, outputs=outputs)
        )
    asked = {"version": "prod.ml_team.iris_model/2", "direction": "UPSTREAM"}
    found = workspace.api_client.do("GET", "/api/2.1/catalog-explorer/lineage", query=asked)["neighbours"]
    host = product.url.partition("://")[2]
    assert ("Job", f"mlflow-uc://{host}/prod.ml_team.iris_model/2") in {(e["kind"], e["name"]) for e in found}


SIDES = ((InputDataset, "inputs"), (OutputDataset, "outputs"))


def dataset(kind, told):
    facets = {
        name: dataset_version_dataset.DatasetVersionDatasetFacet(datasetVersion=facet["datasetVersion"])
        for name, facet in told["facets"].items()
    }
    return kind(namespace=told["namespace"], name=told["name"], facets=facets)
