"""``/api/2.0/mlflow/unity-catalog/…``"""

from django.contrib.auth.decorators import login_not_required
from django.urls import path

from registry.api import mlflow_views as shared
from registry.api.databricks_uc import views

_ARTIFACT_ROUTE = "registered-models:is-databricks-sdk-models-artifact-repository-enabled"

urlpatterns = [
    path(_ARTIFACT_ROUTE, login_not_required(views.ArtifactRoute.as_view()), name="uc-artifact-route"),
    path("registered-models/create", views.CreateRegisteredModel.as_view(), name="uc-create-registered-model"),
    path("registered-models/update", views.UpdateRegisteredModel.as_view(), name="uc-update-registered-model"),
    path("registered-models/delete", shared.DeleteRegisteredModel.as_view(), name="uc-delete-registered-model"),
    path("registered-models/get", views.GetRegisteredModel.as_view(), name="uc-get-registered-model"),
    path("registered-models/search", views.SearchRegisteredModels.as_view(), name="uc-search-registered-models"),
    path("registered-models/alias", views.RegisteredModelAlias.as_view(), name="uc-registered-model-alias"),
    path("registered-models/set-tag", shared.SetRegisteredModelTag.as_view(), name="uc-set-registered-model-tag"),
    path(
        "registered-models/delete-tag", shared.DeleteRegisteredModelTag.as_view(), name="uc-delete-registered-model-tag"
    ),
    path("model-versions/create", views.CreateModelVersion.as_view(), name="uc-create-model-version"),
    path("model-versions/update", views.UpdateModelVersion.as_view(), name="uc-update-model-version"),
    path("model-versions/delete", shared.DeleteModelVersion.as_view(), name="uc-delete-model-version"),
    path("model-versions/get", views.GetModelVersion.as_view(), name="uc-get-model-version"),
    path("model-versions/search", views.SearchModelVersions.as_view(), name="uc-search-model-versions"),
    path("model-versions/finalize", views.FinalizeModelVersion.as_view(), name="uc-finalize-model-version"),
    path("model-versions/get-download-uri", views.GetDownloadUri.as_view(), name="uc-get-download-uri"),
    path(
        "model-versions/generate-temporary-credentials",
        views.GenerateTemporaryCredentials.as_view(),
        name="uc-generate-temporary-credentials",
    ),
    path("model-versions/set-tag", shared.SetModelVersionTag.as_view(), name="uc-set-model-version-tag"),
    path("model-versions/delete-tag", shared.DeleteModelVersionTag.as_view(), name="uc-delete-model-version-tag"),
    path("model-versions/emit-lineage", views.EmitModelVersionLineage.as_view(), name="uc-emit-lineage"),
]
