"""A product that keeps runs, and MLflow that logs to it."""

from uuid import uuid4

from tests.live import eventually


def track(mlflow, product, dialect):
    """Let MLflow log to ``product``, by plain http or as to Databricks, into an experiment of its own."""
    mlflow.set_tracking_uri(product.url if dialect == "http" else "databricks")
    eventually(lambda: is_up(mlflow))
    mlflow.set_experiment(f"/Users/admin@example.com/{dialect} {uuid4().hex}")


def is_up(mlflow):
    """Whether the process that keeps runs answers: it starts beside the web server, and takes longer."""
    try:
        return mlflow.MlflowClient().search_experiments(max_results=1)
    except mlflow.MlflowException:
        return False
