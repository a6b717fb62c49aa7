"""Lines to copy that use a model, with its name and an alias already in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Snippet:
    title: str
    code: str


def snippets(full_name: str, host: str, which: str) -> list[Snippet]:
    """Ways to use the version ``which`` of a model: ``@alias``, or a number."""
    by_alias, name = which.startswith("@"), which.removeprefix("@")
    uri = f"models:/{full_name}{which if by_alias else f'/{which}'}"
    environment = f'export DATABRICKS_HOST="{host}"\nexport DATABRICKS_TOKEN="cex_…"  # Settings › My tokens'
    get = f'get_by_alias("{full_name}", "{name}")' if by_alias else f'get("{full_name}", {name})'
    address = f"{host}/api/2.1/unity-catalog/models/{full_name}/{'aliases' if by_alias else 'versions'}/{name}"
    return [
        Snippet(
            "Load it in Python",
            'import mlflow\n\nmlflow.set_registry_uri("databricks-uc")\n'
            f'model = mlflow.pyfunc.load_model("{uri}")\nmodel.predict(data)',
        ),
        Snippet("Set up the environment", environment),
        Snippet(
            "Download its files",
            'import mlflow\n\nmlflow.set_registry_uri("databricks-uc")\n'
            f'mlflow.artifacts.download_artifacts("{uri}", dst_path="model")',
        ),
        Snippet(
            "Serve it on your own machine",
            f'export MLFLOW_REGISTRY_URI=databricks-uc\nmlflow models serve --model-uri "{uri}" --env-manager local',
        ),
        Snippet(
            "Ask for its metadata by REST",
            f'curl -H "Authorization: Bearer $DATABRICKS_TOKEN" \\\n  "{address}"',
        ),
        Snippet(
            "With databricks-sdk",
            f"from databricks.sdk import WorkspaceClient\n\nw = WorkspaceClient()\nw.model_versions.{get}",
        ),
    ]
