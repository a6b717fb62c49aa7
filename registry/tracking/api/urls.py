"""The addresses of MLflow's tracking API: one for each path, with the routes of its methods."""

from itertools import groupby

from django.urls import URLPattern, path

from registry.api.base import ApiView
from registry.api.mlflow_rest import logged_models
from registry.tracking.api import artifacts, permissions, registrations, views
from registry.tracking.routes import ROUTES, Route

_LOGGED_MODELS: dict[str, type[ApiView]] = {
    "api/2.0/mlflow/logged-models/<model_id>": logged_models.LoggedModel,
    "api/2.0/mlflow/logged-models/<model_id>/tags": logged_models.LoggedModelTags,
}
"""The view for a model that no run has logged."""
_PERMISSIONS = "api/2.0/permissions/experiments/<int:experiment_id>"
_PROXY, _PATH = "api/2.0/mlflow-artifacts", "<int:experiment>/<path:path>"
_EXPERIMENTS = "api/2.0/mlflow/experiments"


def _forwarded() -> list[URLPattern]:
    by_path = sorted(ROUTES, key=lambda route: ("<" in route.path, route.path))
    return [_address(where, tuple(group)) for where, group in groupby(by_path, key=lambda route: route.path)]


def _address(where: str, routes: tuple[Route, ...]) -> URLPattern:
    methods = [route.method.lower() for route in routes]
    if where in _LOGGED_MODELS:
        view = views.ForwardLoggedModel.as_view(
            routes=routes, http_method_names=methods, otherwise=_LOGGED_MODELS[where]
        )
    else:
        view = views.Forward.as_view(routes=routes, http_method_names=methods)
    return path(where.replace("<", "<str:"), view, name=routes[0].name)


urlpatterns = [
    path(f"{_EXPERIMENTS}/get-by-name", views.GetExperimentByName.as_view(), name="tracking-experiments-get-by-name"),
    path(f"{_EXPERIMENTS}/create", views.CreateExperiment.as_view(), name="tracking-experiments-create"),
    path(f"{_EXPERIMENTS}/search", views.SearchExperiments.as_view(), name="tracking-experiments-search"),
    path(f"{_EXPERIMENTS}/update", views.UpdateExperiment.as_view(), name="tracking-experiments-update"),
    path(f"{_EXPERIMENTS}/delete", views.DeleteExperiment.as_view(), name="tracking-experiments-delete"),
    path(f"{_EXPERIMENTS}/restore", views.RestoreExperiment.as_view(), name="tracking-experiments-restore"),
    path(f"{_EXPERIMENTS}/list", views.ListExperiments.as_view(), name="tracking-experiments-list"),
    path("api/2.0/mlflow/databricks/runs/delete-runs", views.DeleteRuns.as_view(), name="tracking-delete-runs"),
    path("api/2.0/mlflow/databricks/runs/restore-runs", views.RestoreRuns.as_view(), name="tracking-restore-runs"),
    path("api/3.0/mlflow/server-info", views.ServerInfo.as_view(), name="tracking-server-info"),
    path("api/2.0/mlflow/artifacts/list", artifacts.ListArtifacts.as_view(), name="tracking-artifacts-list"),
    path(
        "api/2.0/mlflow/logged-models/<str:model_id>/artifacts/directories",
        artifacts.ListLoggedModelArtifacts.as_view(),
        name="tracking-logged-model-artifacts",
    ),
    path(f"{_PROXY}/artifacts", artifacts.Artifacts.as_view(), name="tracking-proxy-directory"),
    path(f"{_PROXY}/artifacts/{_PATH}", artifacts.Artifact.as_view(), name="tracking-proxy-file"),
    path(f"{_PROXY}/presigned/{_PATH}", artifacts.PresignedDownload.as_view(), name="tracking-proxy-presigned"),
    path(f"{_PROXY}/mpu/create/{_PATH}", artifacts.CreateUpload.as_view(), name="tracking-proxy-create-upload"),
    path(f"{_PROXY}/mpu/complete/{_PATH}", artifacts.CompleteUpload.as_view(), name="tracking-proxy-complete-upload"),
    path(f"{_PROXY}/mpu/abort/{_PATH}", artifacts.AbortUpload.as_view(), name="tracking-proxy-abort-upload"),
    path(_PERMISSIONS, permissions.Permissions.as_view(), name="tracking-permissions"),
    path(f"{_PERMISSIONS}/permissionLevels", permissions.PermissionLevels.as_view(), name="tracking-permission-levels"),
    path(
        "api/2.0/mlflow/model-versions/create",
        registrations.CreateModelVersion.as_view(),
        name="tracking-create-model-version",
    ),
    path("version", views.Version.as_view(), name="tracking-version"),
    path("v1/traces", views.Spans.as_view(), name="tracking-spans"),
    *_forwarded(),
]
