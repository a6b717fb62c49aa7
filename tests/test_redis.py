"""The product with Redis as its broker: one that hangs keeps nobody waiting, and nothing is lost."""

import json
import os
import signal
import subprocess
import time
import urllib.request

import pytest

from tests.live import eventually, free_port, health, shell

pytestmark = [pytest.mark.product, pytest.mark.broker, pytest.mark.xdist_group("product")]


@pytest.fixture
def redis(tmp_path):
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    server.url = f"redis://127.0.0.1:{port}/0"
    yield server
    server.kill()
    server.wait()


@pytest.fixture
def product(tmp_path, redis, prepared):
    product = prepared(tmp_path / "data", REDIS_URL=redis.url, JOB_STALE_AFTER="3")
    product.start()
    yield product
    os.kill(redis.pid, signal.SIGCONT)
    product.stop()


def ask(product, path, body):
    """Ask as the administrator; return the answer and the seconds that it took."""
    headers = {"Authorization": f"Bearer {product.first_run('Access token')}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{product.url}{path}", json.dumps(body).encode(), headers)
    began = time.monotonic()
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer), time.monotonic() - began


def copy(product):
    """Copy a version over plain MLflow, whose answer waits up to five seconds for the copy."""
    body = {"name": "dev.risk.fraud_detection", "source": "models:/prod.ml_team.iris_model@Champion"}
    answer, seconds = ask(product, "/api/2.0/mlflow/model-versions/create", body)
    return answer["model_version"]["version"], seconds


STATUS = """
from registry.models import ModelVersion
print(ModelVersion.objects.get(registered_model__name="fraud_detection", version={}).status)
"""


def test_a_redis_that_hangs_keeps_nobody_waiting_and_its_copies_are_done_when_it_is_back(product, redis):
    eventually(lambda: not any(worker["late"] for worker in health(product)["workers"].values()), 60)
    version, _ = copy(product)
    eventually(lambda: shell(product, STATUS.format(version)) == "READY", 30)
    os.kill(redis.pid, signal.SIGSTOP)
    try:
        versions = []
        for _ in range(2):
            version, seconds = copy(product)
            assert seconds < 5 + 10  # without time-outs it is minutes
            versions.append(version)
    finally:
        os.kill(redis.pid, signal.SIGCONT)
    for version in versions:
        eventually(lambda version=version: shell(product, STATUS.format(version)) == "READY", 60)
