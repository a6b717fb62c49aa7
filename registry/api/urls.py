"""Everything that clients speak, one package per URL space."""

from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path
from django.views.decorators.csrf import csrf_exempt

from registry.api import discovery, docs, oauth
from registry.api.discovery import naming_the_workspace
from registry.api.unity_catalog.views.credentials import TemporaryPathCredentials
from registry.api.unity_catalog.views.tables import GetTable
from registry.http.errors import endpoint_not_found

_nothing_here = csrf_exempt(login_not_required(naming_the_workspace(endpoint_not_found)))
_config = login_not_required(naming_the_workspace(discovery.databricks_config))

urlpatterns = [
    path(".well-known/databricks-config", _config, name="databricks-config"),
    path("api/2.0/mlflow/unity-catalog/", include("registry.api.databricks_uc.urls")),
    path("api/2.0/unity-catalog/tables/<str:full_name>", GetTable.as_view(), name="mlflow-get-table"),
    path(
        "api/2.0/unity-catalog/temporary-path-credentials",
        TemporaryPathCredentials.as_view(),
        name="sdk-temporary-path-credentials",
    ),
    path("api/2.0/", include("registry.api.mlflow_rest.urls")),
    path("api/2.1/", include("registry.api.unity_catalog.urls")),
    path("api/2.0/fs/", include("registry.api.files.urls")),
    path("api/2.0/", include("registry.api.tokens.urls")),
    path("api/2.0/", include("registry.api.sql.urls")),
    path("api/2.0/", include("registry.api.workspace.urls")),
    path("api/2.0/lineage-tracking/", include("registry.api.external_lineage.urls")),
    path("api/2.1/", include("registry.api.governance.urls")),
    path("api/2.1/", include("registry.api.comparison.urls")),
    path("api/2.1/", include("registry.api.jobs.urls")),
    path("api/2.1/", include("registry.api.trash.urls")),
    path("api/2.1/", include("registry.api.imports.urls")),
    path("api/2.1/", include("registry.api.lineage.urls")),
    path("api/3.0/", include("registry.api.rfa.urls")),
    path("api/v1/", include("registry.api.openlineage.urls")),
    path("api/openapi.json", login_not_required(docs.openapi_json), name="openapi"),
    path("api/docs", login_not_required(docs.Docs.as_view()), name="api-docs"),
    path("oidc/.well-known/oauth-authorization-server", login_not_required(oauth.metadata), name="oauth-metadata"),
    path("oidc/v1/token", csrf_exempt(login_not_required(oauth.token)), name="oauth-token"),
    path("api/2.0/preview/scim/v2/", include("registry.api.scim.urls")),
    path("api/1.0/unity-control/scim2/", include("registry.api.scim.control_urls")),
    re_path(r"^(api|v1|oidc|\.well-known)(/.*)?$", _nothing_here, name="endpoint-not-found"),
]
