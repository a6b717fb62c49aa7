"""Stock clients against the real product."""

import pytest

from tests.clients.journeys import fill_with_a_thousand


def use(monkeypatch, product, token):
    """Let the clients of this process ask ``product`` with ``token``, whatever dialect they speak."""
    monkeypatch.setenv("DATABRICKS_HOST", product.url)
    monkeypatch.setenv("DATABRICKS_TOKEN", token)
    monkeypatch.setenv("MLFLOW_UC_OSS_TOKEN", token)
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", token)


def forget_the_experiment(monkeypatch):
    """Let MLflow have no experiment of its own now, nor after the test: it keeps one in a global and in a variable."""
    monkeypatch.setattr("mlflow.tracking.fluent._active_experiment_id", None)
    monkeypatch.setenv("MLFLOW_EXPERIMENT_ID", "")  # so that it is known to have been none
    monkeypatch.delenv("MLFLOW_EXPERIMENT_ID")


@pytest.fixture(scope="session")
def product(tmp_path_factory, prepared):
    with prepared(tmp_path_factory.mktemp("product") / "data") as running:
        yield running


@pytest.fixture(scope="session")
def thousand(product):
    fill_with_a_thousand(product)


@pytest.fixture
def connect(product, tmp_path, monkeypatch):
    """``connect(registry_uri)`` is MLflow as its user sets it up; the tracking store is its own."""
    import mlflow

    def to(registry_uri):
        use(monkeypatch, product, product.first_run("Access token"))
        monkeypatch.chdir(tmp_path)
        forget_the_experiment(monkeypatch)
        mlflow.set_tracking_uri(f"sqlite:///{tmp_path}/mlflow.db")
        mlflow.set_registry_uri(registry_uri)
        return mlflow

    return to


@pytest.fixture
def mlflow(connect):
    """MLflow in the dialect that it speaks by default."""
    return connect("databricks-uc")


@pytest.fixture
def sign_in(product, mlflow, monkeypatch):
    """Become somebody else: ``sign_in("a@example.com")`` makes the account and uses its token."""

    def as_somebody(name):
        use(monkeypatch, product, product.manage("issue_token", name, "--create"))
        return mlflow.MlflowClient()

    return as_somebody
