"""Lines to copy that use a model, with its name and an alias already in them."""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from urllib.parse import quote


@dataclass(frozen=True)
class Snippet:
    title: str
    code: str


def snippets(full_name: str, host: str, which: str) -> list[Snippet]:
    """Ways to use the version ``which`` of a model: ``@alias``, or a number."""
    by_alias, name = which.startswith("@"), which.removeprefix("@")
    # A name may contain quotes and parentheses: whoever pastes a line must not run somebody else's.
    uri = f"models:/{full_name}{which if by_alias else f'/{which}'}"
    in_python, in_shell, model = json.dumps(uri), shlex.quote(uri), json.dumps(full_name)
    environment = f'export DATABRICKS_HOST="{host}"\nexport DATABRICKS_TOKEN="cex_…"  # Settings › My tokens'
    get = f"get_by_alias({model}, {json.dumps(name)})" if by_alias else f"get({model}, {name})"
    kind = "aliases" if by_alias else "versions"
    address = f"{host}/api/2.1/unity-catalog/models/{quote(full_name, safe='')}/{kind}/{quote(name, safe='')}"
    return [
        Snippet(
            "Load it in Python",
            'import mlflow\n\nmlflow.set_registry_uri("databricks-uc")\n'
            f"model = mlflow.pyfunc.load_model({in_python})\nmodel.predict(data)",
        ),
        Snippet("Set up the environment", environment),
        Snippet(
            "Download its files",
            'import mlflow\n\nmlflow.set_registry_uri("databricks-uc")\n'
            f'mlflow.artifacts.download_artifacts({in_python}, dst_path="model")',
        ),
        Snippet(
            "Serve it on your own machine",
            f"export MLFLOW_REGISTRY_URI=databricks-uc\nmlflow models serve --model-uri {in_shell} --env-manager local",
        ),
        Snippet(
            "Ask for its metadata by REST",
            f'curl -H "Authorization: Bearer $DATABRICKS_TOKEN" \\\n  {shlex.quote(address)}',
        ),
        Snippet(
            "With databricks-sdk",
            f"from databricks.sdk import WorkspaceClient\n\nw = WorkspaceClient()\nw.model_versions.{get}",
        ),
    ]
