"""The document's snippet «Track the data lineage of a model», in an environment with a Spark: a program, not a module.

The engine asks this server for the table, as any engine that knows Unity Catalog does, and reads it where it lies.
"""

import json
import sys
from pathlib import Path

import mlflow
import pandas as pd
from deltalake import write_deltalake
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestRegressor


def write_table(place):
    """What ``pyspark.pandas`` writes in the document, as a Delta table on this machine."""
    iris = load_iris()
    names = {f"{part} {side} (cm)": f"{part}_{side}" for part in ("sepal", "petal") for side in ("length", "width")}
    frame = pd.DataFrame(iris.data, columns=iris.feature_names).rename(columns=names)
    frame["species"] = iris.target
    write_deltalake(place, frame)


def walk():
    # The engine makes no digest of a plan, as Spark itself does.
    dataset = mlflow.data.load_delta(table_name="prod.ml_team.iris", version="0", digest="0")
    pd_df = dataset.df.toPandas()
    x, y = pd_df.drop("species", axis=1), pd_df["species"]
    with mlflow.start_run() as run:
        model = RandomForestRegressor(n_estimators=3).fit(x, y)
        mlflow.log_input(dataset, "training")
        mlflow.sklearn.log_model(
            model, name="model", input_example=x.iloc[[0]], registered_model_name="prod.ml_team.iris_classifier"
        )
    return {"run_id": run.info.run_id, "rows": len(pd_df), "source": dataset.source.to_dict()}


if __name__ == "__main__":
    if sys.argv[1] == "write":
        write_table(sys.argv[2])
    else:
        mlflow.set_registry_uri("databricks-uc")
        mlflow.set_tracking_uri("databricks")
        mlflow.set_experiment("/Users/admin@example.com/iris")
        Path(sys.argv[2]).write_text(json.dumps(walk()))
