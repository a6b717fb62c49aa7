"""Runs for pages to show, logged by the calls that MLflow's client makes."""

import json
import math
import urllib.error
import urllib.request

from tests.live import eventually

MLMODEL = """flavors:
  python_function: {loader_module: mlflow.sklearn}
  sklearn: {pickled_model: model.pkl, sklearn_version: 1.7.0}
signature:
  inputs: '[{"type": "double", "name": "petal length", "required": true}]'
  outputs: '[{"type": "long", "required": true}]'
"""
STARTED = 1_790_000_000_000


class Logger:
    """MLflow's calls, for whoever holds ``token``."""

    def __init__(self, product, token):
        self.url, self.token = product.url, token
        eventually(self.answers)

    def answers(self):
        try:
            return self.ask("POST", "mlflow/experiments/search", {"max_results": 1})
        except urllib.error.HTTPError:
            return None

    def ask(self, method, path, body=None, raw=None):
        content = raw if raw is not None else json.dumps(body or {}).encode()
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/api/2.0/{path}", content, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.loads(answer.read() or b"{}")

    def run(self, experiment, name, parent="", **params):
        tags = [
            {"key": "mlflow.source.name", "value": "train.py"},
            {"key": "mlflow.source.git.commit", "value": "a1b2c3"},
        ]
        tags += [{"key": "mlflow.parentRunId", "value": parent}] if parent else []
        told = {"experiment_id": experiment, "run_name": name, "start_time": STARTED, "tags": tags}
        run = self.ask("POST", "mlflow/runs/create", told)["run"]["info"]["run_id"]
        params = [{"key": key, "value": str(value)} for key, value in params.items()]
        self.ask("POST", "mlflow/runs/log-batch", {"run_id": run, "params": params})
        self.ask("POST", "mlflow/runs/update", {"run_id": run, "status": "FINISHED", "end_time": STARTED + 4_200})
        return run

    def train(self, run, depth):
        """Let the run have the course of three metrics."""
        for key, at in (
            ("loss", lambda s: math.exp(-s * depth / 90)),
            ("accuracy", lambda s: 1 - 0.6 * math.exp(-s / 9)),
        ):
            metrics = [{"key": key, "value": at(s), "timestamp": STARTED + s * 1_000, "step": s} for s in range(40)]
            self.ask("POST", "mlflow/runs/log-batch", {"run_id": run, "metrics": metrics})

    def log_model(self, experiment, run):
        told = {"experiment_id": experiment, "name": "forest", "source_run_id": run}
        model = self.ask("POST", "mlflow/logged-models", told)["model"]["info"]["model_id"]
        self.ask("POST", "mlflow/runs/outputs", {"run_id": run, "models": [{"model_id": model, "step": 0}]})
        folder = f"mlflow-artifacts/artifacts/{experiment}/models/{model}/artifacts"
        self.ask("PUT", f"{folder}/MLmodel", raw=MLMODEL.encode())
        self.ask("PUT", f"{folder}/model.pkl", raw=b"weights")
        self.ask("PATCH", f"mlflow/logged-models/{model}", {"model_id": model, "status": "LOGGED_MODEL_READY"})
        return model


def fill(product):
    """Log a search of three runs with a model each; return the ids of the experiment, the runs and a model."""
    log = Logger(product, product.first_run("Access token"))
    experiment = log.ask("POST", "mlflow/experiments/create", {"name": "/Shared/iris"})["experiment_id"]
    outer = log.run(experiment, "search")
    runs = [log.run(experiment, f"depth {depth}", outer, depth=depth, criterion="gini") for depth in (2, 4, 7)]
    for run, depth in zip(runs, (2, 4, 7), strict=True):
        log.train(run, depth)
        model = log.log_model(experiment, run)
    source = {"name": "iris", "digest": "5a5c68bf", "source_type": "s3", "source": '{"uri": "s3://lake/iris.csv"}'}
    used = [{"key": "mlflow.data.context", "value": "training"}]
    log.ask("POST", "mlflow/runs/log-inputs", {"run_id": run, "datasets": [{"dataset": source, "tags": used}]})
    notes = f"mlflow-artifacts/artifacts/{experiment}/{run}/artifacts/notes.md"
    log.ask("PUT", notes, raw=b"# Notes\n\nThe deepest one.")
    return {"experiment": experiment, "outer": outer, "runs": runs, "run": run, "model": model}


def pages_of(ids):
    """The pages of what ``fill`` has logged, by title."""
    experiment = f"/ml/experiments/{ids['experiment']}"
    run, model = f"{experiment}/runs/{ids['run']}", f"{experiment}/models/{ids['model']}"
    return {
        "experiments": "/ml/experiments",
        "create-experiment": "/ml/experiments/create",
        "experiment": experiment,
        "experiment-filtered": f"{experiment}?where=metrics.loss+%3C+0.5&sort=metric.loss",
        "experiment-refused": f"{experiment}?where=loss",
        "experiment-models": f"{experiment}?activeTab=models",
        "experiment-permissions": f"{experiment}?activeTab=permissions",
        "experiment-activity": f"{experiment}?activeTab=activity",
        "run": run,
        "run-metrics": f"{run}?activeTab=metrics",
        "run-artifacts": f"{run}?activeTab=artifacts&path=notes.md",
        "run-outer": f"{experiment}/runs/{ids['outer']}",
        "register": f"{run}/register",
        "logged-model": model,
        "logged-model-artifacts": f"{model}?activeTab=artifacts",
        "compare-runs": "/ml/runs/compare?" + "&".join(f"run={each}" for each in ids["runs"]),
    }
