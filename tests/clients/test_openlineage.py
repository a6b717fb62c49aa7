"""OpenLineage's stock client tells what a job reads and writes, and the impact of a file is known."""

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
