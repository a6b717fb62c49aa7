"""``/api/2.0/mlflow/…`` and ``/api/2.0/mlflow-artifacts/…``"""

from django.urls import path

from registry.api import mlflow_views as shared
from registry.api.mlflow_rest import artifacts, logged_models, views

MODELS = "mlflow/registered-models"
VERSIONS = "mlflow/model-versions"

urlpatterns = [
    path(f"{MODELS}/create", views.CreateRegisteredModel.as_view(), name="mlflow-create-registered-model"),
    path(f"{MODELS}/rename", views.RenameRegisteredModel.as_view(), name="mlflow-rename-registered-model"),
    path(f"{MODELS}/update", views.UpdateRegisteredModel.as_view(), name="mlflow-update-registered-model"),
    path(
        f"{MODELS}/delete",
        shared.DeleteRegisteredModel.as_view(takes_short_names=True),
        name="mlflow-delete-registered-model",
    ),
    path(f"{MODELS}/get", views.GetRegisteredModel.as_view(), name="mlflow-get-registered-model"),
    path(f"{MODELS}/search", views.SearchRegisteredModels.as_view(), name="mlflow-search-registered-models"),
    path(f"{MODELS}/get-latest-versions", views.GetLatestVersions.as_view(), name="mlflow-get-latest-versions"),
    path(f"{MODELS}/alias", views.RegisteredModelAlias.as_view(), name="mlflow-registered-model-alias"),
    path(
        f"{MODELS}/set-tag",
        shared.SetRegisteredModelTag.as_view(takes_short_names=True),
        name="mlflow-set-registered-model-tag",
    ),
    path(
        f"{MODELS}/delete-tag",
        shared.DeleteRegisteredModelTag.as_view(takes_short_names=True),
        name="mlflow-delete-registered-model-tag",
    ),
    path(
        "mlflow/databricks/registered-models/get",
        views.GetWorkspaceModel.as_view(),
        name="mlflow-get-workspace-model",
    ),
    path(f"{VERSIONS}/create", views.CreateModelVersion.as_view(), name="mlflow-create-model-version"),
    path(f"{VERSIONS}/update", views.UpdateModelVersion.as_view(), name="mlflow-update-model-version"),
    path(
        f"{VERSIONS}/delete",
        shared.DeleteModelVersion.as_view(takes_short_names=True),
        name="mlflow-delete-model-version",
    ),
    path(f"{VERSIONS}/get", views.GetModelVersion.as_view(), name="mlflow-get-model-version"),
    path(f"{VERSIONS}/search", views.SearchModelVersions.as_view(), name="mlflow-search-model-versions"),
    path(f"{VERSIONS}/get-download-uri", views.GetDownloadUri.as_view(), name="mlflow-get-download-uri"),
    path(f"{VERSIONS}/list-artifacts", artifacts.ListVersionArtifacts.as_view(), name="mlflow-list-artifacts"),
    path(
        f"{VERSIONS}/get-signed-download-uri",
        artifacts.GetSignedDownloadUri.as_view(),
        name="mlflow-get-signed-download-uri",
    ),
    path(f"{VERSIONS}/transition-stage", views.TransitionStage.as_view(), name="mlflow-transition-stage"),
    path(
        f"{VERSIONS}/set-tag",
        shared.SetModelVersionTag.as_view(takes_short_names=True),
        name="mlflow-set-model-version-tag",
    ),
    path(
        f"{VERSIONS}/delete-tag",
        shared.DeleteModelVersionTag.as_view(takes_short_names=True),
        name="mlflow-delete-model-version-tag",
    ),
    path("mlflow/logged-models/", logged_models.LoggedModel.as_view(), {"model_id": ""}, name="mlflow-no-logged-model"),
    path("mlflow/logged-models/<str:model_id>", logged_models.LoggedModel.as_view(), name="mlflow-logged-model"),
    path(
        "mlflow/logged-models/<str:model_id>/tags",
        logged_models.LoggedModelTags.as_view(),
        name="mlflow-logged-model-tags",
    ),
    path("mlflow-artifacts/artifacts", artifacts.Artifacts.as_view(), name="mlflow-artifacts"),
    path("mlflow-artifacts/artifacts/<path:path>", artifacts.Artifact.as_view(), name="mlflow-artifact"),
]
