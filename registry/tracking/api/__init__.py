"""MLflow's tracking API, and Databricks' permissions of experiments: parse, one service, answer."""
