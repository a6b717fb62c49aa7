"""Lines to copy that use a model, or register the first one: with its name, this server and a token already in them."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from urllib.parse import quote

from registry.services.artifacts.mlmodel import MLmodel
from registry.services.artifacts.signatures import Field, Signature

PLACEHOLDER = "cex_…"
"""Where a token belongs."""


@dataclass(frozen=True)
class Snippet:
    """``language``: python, or bash."""

    title: str
    code: str
    language: str


@dataclass(frozen=True)
class Target:
    """The version that lines use: of which model, by ``@alias`` or by its number, and what its files say of it."""

    full_name: str
    which: str
    mlmodel: MLmodel

    @property
    def uri(self) -> str:
        by_alias = self.which.startswith("@")
        return f"models:/{self.full_name}{self.which if by_alias else f'/{self.which}'}"


def snippets(target: Target, host: str, token: str = PLACEHOLDER) -> list[Snippet]:
    """Return ways to use a version, the first of which sets up what the others need."""
    # A name may contain quotes and parentheses: pasting a line must not run someone else's.
    by_alias, name = target.which.startswith("@"), target.which.removeprefix("@")
    uri, model = json.dumps(target.uri), json.dumps(target.full_name)
    get = f"get_by_alias({model}, {json.dumps(name)})" if by_alias else f"get({model}, {name})"
    kind = "aliases" if by_alias else "versions"
    address = f"{host}/api/2.1/unity-catalog/models/{quote(target.full_name, safe='')}/{kind}/{quote(name, safe='')}"
    return [
        Snippet("Set up", setup(host, token), "bash"),
        Snippet("Load it in Python", f"{_MLFLOW}{_load(uri, target.mlmodel)}", "python"),
        Snippet(
            "Download its files", f'{_MLFLOW}mlflow.artifacts.download_artifacts({uri}, dst_path="model")', "python"
        ),
        Snippet("Serve it on your own machine", f"{_SERVE} {shlex.quote(target.uri)} --env-manager local", "bash"),
        Snippet("Read its metadata over REST", _REST % shlex.quote(address), "bash"),
        Snippet("Use databricks-sdk", _SDK % get, "python"),
    ]


def setup(host: str, token: str) -> str:
    """Return the lines that point every client at this server."""
    return _SETUP % (shlex.quote(host), shlex.quote(token))


def first_model(host: str, token: str, schema: str, *, keeps_runs: bool) -> str:
    """Return a program that registers a small model in ``schema``."""
    name = json.dumps(f"{schema}.my_first_model")
    tracking = 'mlflow.set_tracking_uri("databricks")\nmlflow.set_experiment("/Shared/first")\n' if keeps_runs else ""
    return _FIRST % (json.dumps(host), json.dumps(token, ensure_ascii=False), tracking, name)


def _load(uri: str, mlmodel: MLmodel) -> str:
    load = f"model = mlflow.pyfunc.load_model({uri})\n"
    if mlmodel.input_example:
        return f"{load}print(model.predict(model.input_example))"
    columns = _columns(mlmodel.signature)
    if columns is None:
        return f"{load}print(model)"
    return f"import pandas as pd\n\n{load}data = pd.DataFrame([{columns}])\nprint(model.predict(data))"


_SAMPLES = {"double": 0.0, "float": 0.0, "long": 0, "integer": 0, "string": "", "boolean": False}
_MOST = 40


def _columns(signature: Signature | None) -> str | None:
    """A row that the signature takes, as a mapping; None where it does not name columns of simple types."""
    fields: list[Field] = signature.inputs if signature else []
    if not 0 < len(fields) <= _MOST or any(not field.name or field.type not in _SAMPLES for field in fields):
        return None
    row = ", ".join(f"{json.dumps(field.name)}: {_SAMPLES[field.type]!r}" for field in fields)
    return f"{{{row}}}"


_MLFLOW = 'import mlflow\n\nmlflow.set_registry_uri("databricks-uc")\n'
_SETUP = """pip install mlflow databricks-sdk
export DATABRICKS_HOST=%s
export DATABRICKS_TOKEN=%s
export MLFLOW_REGISTRY_URI=databricks-uc"""
_SERVE = "mlflow models serve --port 5001 --model-uri"
_REST = 'curl -H "Authorization: Bearer $DATABRICKS_TOKEN" \\\n  %s'
_SDK = "from databricks.sdk import WorkspaceClient\n\nw = WorkspaceClient()\nprint(w.model_versions.%s)"
_FIRST = """import os

os.environ["DATABRICKS_HOST"] = %s
os.environ["DATABRICKS_TOKEN"] = %s

import mlflow

mlflow.set_registry_uri("databricks-uc")
%s

class Doubler(mlflow.pyfunc.PythonModel):
    def predict(self, model_input: list[float]) -> list[float]:
        return [2 * x for x in model_input]


mlflow.pyfunc.log_model(
    name="model",
    python_model=Doubler(),
    input_example=[1.0, 2.0],
    registered_model_name=%s,
)"""
