"""Stock clients against the real product."""

import pytest

from tests.live import Product


def use(monkeypatch, product, token):
    """Let the clients of this process ask ``product`` with ``token``."""
    monkeypatch.setenv("DATABRICKS_HOST", product.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", token)


@pytest.fixture(scope="session")
def product(tmp_path_factory):
    with Product(tmp_path_factory.mktemp("product") / "data", demo=True) as running:
        yield running


@pytest.fixture
def mlflow(product, tmp_path, monkeypatch):
    """MLflow as its user sets it up: host, token and one line of Python; the tracking store is its own."""
    import mlflow

    use(monkeypatch, product, product.first_run("Access token"))
    monkeypatch.chdir(tmp_path)
    mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
    mlflow.set_registry_uri("databricks-uc")
    return mlflow
