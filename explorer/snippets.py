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
    """Return ways to use the version ``which`` of a model: ``@alias``, or a number."""
    by_alias, name = which.startswith("@"), which.removeprefix("@")
    # A name may contain quotes and parentheses: whoever pastes a line must not run somebody else's.
    uri = f"models:/{full_name}{which if by_alias else f'/{which}'}"
    in_python, in_shell, model = json.dumps(uri), shlex.quote(uri), json.dumps(full_name)
    get = f"get_by_alias({model}, {json.dumps(name)})" if by_alias else f"get({model}, {name})"
    kind = "aliases" if by_alias else "versions"
    address = f"{host}/api/2.1/unity-catalog/models/{quote(full_name, safe='')}/{kind}/{quote(name, safe='')}"
    return [
        Snippet(
            "Load it in Python", _with_mlflow(f"model = mlflow.pyfunc.load_model({in_python})\nmodel.predict(data)")
        ),
        Snippet("Set up the environment", _ENVIRONMENT % host),
        Snippet(
            "Download its files", _with_mlflow(f'mlflow.artifacts.download_artifacts({in_python}, dst_path="model")')
        ),
        Snippet("Serve it on your own machine", _SERVE % in_shell),
        Snippet("Ask for its metadata by REST", _REST % shlex.quote(address)),
        Snippet("With databricks-sdk", _SDK % get),
    ]


def _with_mlflow(code: str) -> str:
    return f'import mlflow\n\nmlflow.set_registry_uri("databricks-uc")\n{code}'


_ENVIRONMENT = 'export DATABRICKS_HOST="%s"\nexport DATABRICKS_TOKEN="cex_…"  # Settings › My tokens'
_SERVE = "export MLFLOW_REGISTRY_URI=databricks-uc\nmlflow models serve --model-uri %s --env-manager local"
_REST = 'curl -H "Authorization: Bearer $DATABRICKS_TOKEN" \\\n  %s'
_SDK = "from databricks.sdk import WorkspaceClient\n\nw = WorkspaceClient()\nw.model_versions.%s"
