"""The pages of experiments, runs and logged models, which ``urls`` has among its own."""

from django.urls import path

from explorer.views import (
    experiments,
    logged_models,
    registrations,
    run_comparisons,
    runs,
    runs_table,
    version_runs,
)

# As Databricks has them. What MLflow's client prints elsewhere is behind a #, and leads here by js/early.js.
EXPERIMENT = "ml/experiments/<int:experiment_id>"
RUN, LOGGED_MODEL = f"{EXPERIMENT}/runs/<str:run_id>", f"{EXPERIMENT}/models/<str:model_id>"

training = [
    path("ml/experiments", experiments.index, name="experiments"),
    path("ml/experiments/create", experiments.create, name="create-experiment"),
    path("ml/runs/compare", run_comparisons.index, name="compare-runs"),
    path("ml/runs/course", run_comparisons.course, name="metric-course"),
    path("ml/runs/<str:run_id>", version_runs.find_run, name="find-run"),
    path(EXPERIMENT, experiments.detail, name="experiment"),
    path(f"{EXPERIMENT}/rename", experiments.rename, name="rename-experiment"),
    path(f"{EXPERIMENT}/describe", experiments.describe, name="describe-experiment"),
    path(f"{EXPERIMENT}/owner", experiments.change_owner, name="change-experiment-owner"),
    path(f"{EXPERIMENT}/delete", experiments.delete, name="delete-experiment"),
    path(f"{EXPERIMENT}/restore", experiments.restore, name="restore-experiment"),
    path(f"{EXPERIMENT}/tag-runs", runs_table.tag_several, name="tag-runs"),
    path(f"{EXPERIMENT}/delete-runs", runs_table.delete_several, name="delete-runs"),
    path(f"{EXPERIMENT}/restore-runs", runs_table.restore_several, name="restore-runs"),
    path(RUN, runs.detail, name="run"),
    path(f"{RUN}/rename", runs.rename, name="rename-run"),
    path(f"{RUN}/describe", runs.describe, name="describe-run"),
    path(f"{RUN}/tags/set", runs.set_tag, name="set-run-tag"),
    path(f"{RUN}/tags/delete", runs.delete_tag, name="delete-run-tag"),
    path(f"{RUN}/register", registrations.from_run, name="register-from-run"),
    path(f"{RUN}/artifacts/<path:path>", runs.download, name="run-file"),
    path(f"{RUN}/pictures/<path:path>", runs.picture, name="run-picture"),
    path(LOGGED_MODEL, logged_models.detail, name="logged-model"),
    path(f"{LOGGED_MODEL}/register", registrations.from_model, name="register-logged-model"),
    path(f"{LOGGED_MODEL}/artifacts/<path:path>", logged_models.download, name="logged-model-file"),
    path(f"{LOGGED_MODEL}/pictures/<path:path>", logged_models.picture, name="logged-model-picture"),
]
