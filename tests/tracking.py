"""The process that keeps runs, for tests that ask the product in their own process: one for all, over its socket."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from registry.models import Experiment
from registry.tracking import belonging, database, wire
from registry.tracking.attached import line
from tests.benchmarks.registry import mlflow_server
from tests.cast import experiment_of

ROOT = Path(__file__).resolve().parent.parent
COMMAND = [
    sys.executable, "-m", "granian", "--interface", "wsgi", "--workers", "1", "--blocking-threads", "2",
    "--log-level", "warning", "registry.tracking.server.application:application", "--uds",
]  # fmt: skip


@dataclass
class Logged:
    """An experiment as MLflow has it, with two runs, a logged model of the first and a trace."""

    experiment: str
    name: str
    run: str
    other: str
    model: str
    trace: str

    def row(self, owner=None):
        """Our row of it."""
        return Experiment.objects.create(
            experiment_id=int(self.experiment), name=self.name, owner_user=owner, created_by="x", updated_by="x"
        )

    def shared(self, cast):
        """Our row of it, with the cast's rights."""
        return experiment_of(cast, self.name, int(self.experiment))


@pytest.fixture(scope="session")
def tracking_server(tmp_path_factory, django_db_setup):
    """The socket of the process, and its log."""
    folder = tmp_path_factory.mktemp("t")
    socket = folder / "s"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **database.environment()}
    if connection.vendor == "sqlite":  # beside the product's own, which is in another folder
        environment["TRACKING_DATABASE"] = f"sqlite:///{folder / 'tracking.sqlite3'}"
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([*COMMAND, socket], cwd=ROOT, env=environment, stdout=log, stderr=log)
    yield socket
    process.terminate()
    process.wait(20)


@pytest.fixture(scope="session")
def attached_server(tmp_path_factory):
    """The address of a stock `mlflow server`."""
    with mlflow_server(tmp_path_factory.mktemp("attached") / "mlflow.db", "--workers", "1") as port:
        yield f"http://127.0.0.1:{port}"


ATTACHED = pytest.param("attached", marks=[pytest.mark.xdist_group("attached"), pytest.mark.large])


@pytest.fixture
def tracking(request, settings):
    """The product asks that process; with the parameter ``attached``, that server."""
    settings.KEEPS_RUNS = True
    if getattr(request, "param", "own") == "attached":
        settings.TRACKING_URL = request.getfixturevalue("attached_server")
        line._sure_until.clear()
        return None
    tracking_server = request.getfixturevalue("tracking_server")
    settings.TRACKING_SOCKET = tracking_server
    wire._pool.cache_clear()
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            return wire.ask("GET", "health", scope="")
        except wire.TrackingUnavailable:
            time.sleep(0.1)
    raise AssertionError((tracking_server.parent / "log").read_text())


SIGNED = """
flavors: {sklearn: {pickled_model: model.pkl}, python_function: {}}
signature:
  inputs: '[{"type": "double", "name": "age", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
"""
"""The file MLmodel of a model with a signature."""


def ask(path, **body):
    """What MLflow's process answers to whoever may do everything; ``path`` lies below ``api/2.0/mlflow/``."""
    answer = wire.ask("POST", f"api/2.0/mlflow/{path}", scope="*", body=body)
    assert answer.status == 200, answer.body
    return answer.json()


def make_logged(name=None):
    """Have MLflow make an experiment with what ``Logged`` says; nobody of ours knows of it."""
    name = name or f"experiment {uuid4().hex}"

    experiment = ask("experiments/create", name=name)["experiment_id"]
    run = ask("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    other = ask("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    ask("runs/log-metric", run_id=run, key="loss", value=0.5, timestamp=1, step=0)
    model = ask("logged-models", experiment_id=experiment, name="model", source_run_id=run)
    trace = f"tr-{uuid4().hex}"
    where = {"type": "MLFLOW_EXPERIMENT", "mlflow_experiment": {"experiment_id": experiment}}
    info = {"trace_id": trace, "trace_location": where, "request_time": "2026-01-01T00:00:00Z", "state": "OK"}
    answer = wire.ask("POST", "api/3.0/mlflow/traces", scope="*", body={"trace": {"trace_info": info}})
    assert answer.status == 200, answer.body
    return Logged(experiment, name, run, other, model["model"]["info"]["model_id"], trace)


@pytest.fixture
def logged(tracking):
    """An experiment of which no row of ours tells yet."""
    belonging._known.clear()
    return make_logged()
