"""Runs, beside a stock `mlflow server` that keeps the same: how many requests a second our door lets through.

    python -m tests.benchmarks.runs

The product runs as `manage.py up` starts it, with a token in every request and every id looked at; `mlflow server` asks
nobody who they are. Both keep their rows in SQLite. The sides take turns; only their ratio says something elsewhere.
"""

import http.client
import json
import statistics
import sys
import tempfile
import time
from functools import partial
from itertools import count
from pathlib import Path

from tests.benchmarks.registry import mlflow_server
from tests.live import Product, eventually

ROUNDS, SECONDS, RUNS, METRICS = 3, 8, 500, 1_000
BATCH, SEARCH, GET = "log_batch of 1,000 metrics", "search_runs, a page of 100", "get a run"
progress = partial(print, file=sys.stderr, flush=True)


class Side:
    """A server with an experiment that has RUNS runs."""

    def __init__(self, port, token=""):
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Content-Type": "application/json"}
        if token:
            self.headers["Authorization"] = f"Bearer {token}"
        self.steps = count(1)

    def ask(self, method, call, body=None):
        content = json.dumps(body) if body is not None else None
        try:
            self.line.request(method, f"/api/2.0/mlflow/{call}", content, self.headers)
            answer = self.line.getresponse()
        except (ConnectionError, http.client.RemoteDisconnected):  # a line that was idle while the other side was asked
            self.line.close()
            self.line.request(method, f"/api/2.0/mlflow/{call}", content, self.headers)
            answer = self.line.getresponse()
        told = answer.read()
        if answer.status != 200:
            raise OSError(answer.status, told[:200])
        return json.loads(told)

    def fill(self):
        self.experiment = self.ask("POST", "experiments/create", {"name": "bench"})["experiment_id"]
        for number in range(RUNS):
            run = self.ask("POST", "runs/create", {"experiment_id": self.experiment})["run"]["info"]["run_id"]
            metrics = [{"key": f"m{key}", "value": number * key, "timestamp": 1, "step": 0} for key in range(10)]
            self.ask("POST", "runs/log-batch", {"run_id": run, "metrics": metrics})
        self.run = run

    def log_batch(self):
        step = next(self.steps)
        metrics = [{"key": f"k{key}", "value": step, "timestamp": step, "step": step} for key in range(METRICS)]
        self.ask("POST", "runs/log-batch", {"run_id": self.run, "metrics": metrics})

    def search(self):
        found = self.ask("POST", "runs/search", {
            "experiment_ids": [self.experiment], "filter": "metrics.m1 > 100", "max_results": 100,
        })  # fmt: skip
        assert len(found["runs"]) == 100

    def get(self):
        self.ask("GET", f"runs/get?run_id={self.run}")


QUESTIONS = {BATCH: Side.log_batch, SEARCH: Side.search, GET: Side.get}


def answers(side):
    try:
        return side.ask("POST", "experiments/search", {"max_results": 1})
    except OSError:
        side.line.close()
        return None


def rate(act, side):
    """Requests a second, one after the other."""
    act(side)
    began, asked = time.monotonic(), 0
    while time.monotonic() < began + SECONDS:
        act(side)
        asked += 1
    return asked / (time.monotonic() - began)


def main():
    with tempfile.TemporaryDirectory() as folder:
        store = Path(folder) / "mlflow.db"
        with mlflow_server(store) as port, Product(f"{folder}/data", demo=False, TRACKING="1") as product:
            measure(Side(port), Side(product.port, product.first_run("Access token")))


def measure(theirs, ours):
    for side in (theirs, ours):
        eventually(lambda side=side: answers(side), 120)
        progress("Filling …")
        side.fill()
    print("| | `mlflow server`, requests/s | Catalog Explorer, requests/s | ratio |\n|---|---|---|---|")
    for question, act in QUESTIONS.items():
        rates = [(rate(act, theirs), rate(act, ours)) for _ in range(ROUNDS)]
        first, second = map(statistics.median, zip(*rates, strict=True))
        print(f"| {question} | {first:.1f} | {second:.1f} | {second / first:.2f} |", flush=True)


if __name__ == "__main__":
    main()
