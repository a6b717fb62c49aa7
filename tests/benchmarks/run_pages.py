"""How long the server takes for the pages of runs when there are many, in SQLite.

    python -m tests.benchmarks.run_pages

1,000 experiments with 100,000 runs, half of them in one, and 10,000,000 points of metrics. The product runs as
`manage.py up` starts it; one browser asks, over a connection that stays open.
"""

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
import uuid
from pathlib import Path

from tests.benchmarks.pages import signed_in
from tests.benchmarks.registry import progress, wait_for_quiet
from tests.browser.runs import Logger
from tests.live import Product, shell

EXPERIMENTS, RUNS, POINTS, ROUNDS = 1_000, 100_000, 10_000_000, 11
FIRST, LARGE, LONG = 1_000, 50_000, 100
"""The id of the first experiment, which has so many runs; and how many runs have a long course."""
INDEXES = {
    "index_metrics_run_uuid": "CREATE INDEX index_metrics_run_uuid ON metrics (run_uuid)",
    "index_metrics_run_uuid_key_step": (
        'CREATE INDEX index_metrics_run_uuid_key_step ON metrics (run_uuid, "key", step)'
    ),
}
"""What is made once all points are there: keeping them up meanwhile takes ten times as long."""


def main():
    with tempfile.TemporaryDirectory() as folder:
        product = Product(Path(folder) / "data", demo=False, TRACKING="1")
        with product:
            password, token = product.first_run("Password"), product.first_run("Access token")
            Logger(product, token)  # which waits until the tables of runs are there
        progress(f"filling with {RUNS:,} runs")
        shell(product, "from tests.benchmarks.run_pages import fill_product; fill_product()")
        runs = fill_tracking(product.data_dir / "tracking.sqlite3")
        with product:
            Logger(product, token)
            wait_for_quiet()
            measure(product, signed_in(product, "admin@example.com", password), runs)


def fill_product():
    """Make the product's own rows. Runs within `manage.py shell`."""
    from accounts.models import User
    from registry.models import Experiment

    owner = User.objects.get(user_name="admin@example.com")
    named = {"owner_user": owner, "created_by": owner.user_name, "updated_by": owner.user_name}
    rows = (Experiment(experiment_id=key, name=f"experiment {key}", **named) for key in experiments())
    Experiment.objects.bulk_create(rows, batch_size=500)
    print(json.dumps(Experiment.objects.count()))


def experiments():
    return range(FIRST, FIRST + EXPERIMENTS)


def fill_tracking(file):
    """Write the rows of MLflow's store, and return the ids of the runs."""
    database = sqlite3.connect(file)
    database.execute("PRAGMA synchronous = OFF")
    for index in INDEXES:
        database.execute(f"DROP INDEX {index}")
    rows = [(key, f"experiment {key}", f"mlflow-artifacts:/{key}", "active", 1, 1, "default") for key in experiments()]
    database.executemany("INSERT INTO experiments VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
    runs = [uuid.uuid4().hex for _ in range(RUNS)]
    database.executemany(
        "INSERT INTO runs (run_uuid, name, user_id, status, start_time, end_time, lifecycle_stage, experiment_id, "
        "source_type, artifact_uri) VALUES (?, ?, 'x', 'FINISHED', ?, ?, 'active', ?, 'UNKNOWN', '')",
        (
            (run, f"run {n}", n, n + 5_000, FIRST if n < LARGE else FIRST + n % EXPERIMENTS)
            for n, run in enumerate(runs)
        ),
    )
    for table, keys in (("params", ("depth", "lr", "kind")), ("tags", ("mlflow.user", "team", "mlflow.source.name"))):
        values = ((key, str(random.randint(1, 100)), run) for run in runs for key in keys)
        database.executemany(f'INSERT INTO {table} ("key", value, run_uuid) VALUES (?, ?, ?)', values)
    latest = ((key, random.random(), 1, 99, 0, run) for run in runs for key in ("loss", "f1", "accuracy"))
    database.executemany("INSERT INTO latest_metrics VALUES (?, ?, ?, ?, ?, ?)", latest)
    database.executemany("INSERT INTO metrics VALUES ('loss', ?, ?, ?, ?, 0)", points(runs))
    for statement in INDEXES.values():
        database.execute(statement)
    database.commit()
    return runs


def points(runs):
    """The course of each run: a fifth of all points is of a few long ones."""
    long, short = POINTS // 5 // LONG, POINTS * 4 // 5 // RUNS
    for number, run in enumerate(runs):
        for step in range(long if number < LONG else short):
            yield random.random(), step, run, step


def measure(product, browser, runs):
    large, small, run = f"/ml/experiments/{FIRST}", f"/ml/experiments/{FIRST + 1}", runs[0]
    pages = {
        "the list of experiments": "/ml/experiments",
        f"an experiment of {(RUNS - LARGE) // EXPERIMENTS} runs": small,
        f"one of {LARGE:,} runs": large,
        "its last page": f"{large}?page={LARGE // 25}",
        "sorted by a metric": f"{large}?sort=-metric.loss",
        "filtered by one": f"{large}?where=metrics.loss+%3C+0.01",
        "a run": f"{large}/runs/{run}",
        f"its course of {POINTS // 5 // LONG:,} points": f"/ml/runs/course?metric=loss&run={run}",
        "ten runs compared": "/ml/runs/compare?" + "&".join(f"run={each}" for each in runs[:10]),
    }
    timed(product, browser, pages)


def timed(product, browser, pages):
    """Ask for each page several times, and print how long they took."""
    print("| page | median, ms | slowest, ms |\n|---|---|---|")
    for title, path in pages.items():
        times = []
        for _ in range(ROUNDS):
            began = time.perf_counter()
            answer = browser.get(f"{product.url}{path}")
            times.append((time.perf_counter() - began) * 1_000)
            assert answer.status_code == 200, (path, answer.status_code)
        print(f"| {title} | {statistics.median(times):.0f} | {max(times):.0f} |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
