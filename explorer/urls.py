"""The whole site on one page: Browser / Accounts / Clients."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, register_converter
from django.views.generic import RedirectView

from explorer import converters
from explorer.views import (
    catalogs,
    errors,
    grants,
    health,
    jobs,
    model_versions,
    preferences,
    registered_models,
    schemas,
    search,
    tags,
    tokens,
    tree,
)

register_converter(converters.FullNameConverter, "full_name")
register_converter(converters.SchemaNameConverter, "schema_name")

handler400 = errors.bad_request
handler403 = errors.permission_denied
handler404 = errors.page_not_found
handler500 = errors.server_error

# Addresses below explore/data are those that MLflow's client prints and that people share: they show, and change
# nothing. What a page can do lies below the address of its object, or below explore/catalogs and explore/schemas.
MODEL = "explore/data/models/<full_name:full_name>"
VERSION = f"{MODEL}/version/<int:version>"

browser = [
    path("", catalogs.home, name="home"),
    path("explore/data", catalogs.index, name="catalogs"),
    path("explore/search", search.index, name="search"),
    path("explore/tree", tree.branch, name="tree"),
    path("explore/data/<str:catalog>", catalogs.detail, name="catalog"),
    path("explore/data/<schema_name:schema>", schemas.detail, name="schema"),
    path(MODEL, registered_models.detail, name="registered-model"),
    path(f"{MODEL}/comment", registered_models.edit_comment, name="edit-registered-model-comment"),
    path(f"{MODEL}/rename", registered_models.rename, name="rename-registered-model"),
    path(f"{MODEL}/tags/set", tags.set_tag, name="set-registered-model-tag"),
    path(f"{MODEL}/tags/delete", tags.delete_tag, name="delete-registered-model-tag"),
    path(f"{MODEL}/aliases/set", registered_models.set_alias, name="set-registered-model-alias"),
    path(f"{MODEL}/aliases/delete", registered_models.delete_alias, name="delete-registered-model-alias"),
    path(f"{MODEL}/delete", registered_models.delete, name="delete-registered-model"),
    path(VERSION, model_versions.detail, name="model-version"),
    path(f"{VERSION}/comment", model_versions.edit_comment, name="edit-model-version-comment"),
    path(f"{VERSION}/tags/set", tags.set_tag, name="set-model-version-tag"),
    path(f"{VERSION}/tags/delete", tags.delete_tag, name="delete-model-version-tag"),
    path(f"{VERSION}/copy", model_versions.copy, name="copy-model-version"),
    path(f"{VERSION}/delete", model_versions.delete, name="delete-model-version"),
    path("explore/catalogs/create", catalogs.create, name="create-catalog"),
    path("explore/catalogs/<str:catalog>/comment", catalogs.edit_comment, name="edit-catalog-comment"),
    path("explore/catalogs/<str:catalog>/delete", catalogs.delete, name="delete-catalog"),
    path("explore/catalogs/<str:catalog>/create-schema", schemas.create, name="create-schema"),
    path("explore/schemas/<schema_name:schema>/comment", schemas.edit_comment, name="edit-schema-comment"),
    path("explore/schemas/<schema_name:schema>/delete", schemas.delete, name="delete-schema"),
    path("explore/grants/<str:securable_type>/<str:full_name>/grant", grants.grant, name="grant"),
    path("explore/grants/<str:securable_type>/<str:full_name>/revoke", grants.revoke, name="revoke"),
    path("explore/jobs/<uuid:uid>", jobs.detail, name="job"),
    path("settings/tokens", tokens.index, name="tokens"),
    path("settings/tokens/create", tokens.create, name="create-token"),
    path("settings/tokens/<uuid:uid>/revoke", tokens.revoke, name="revoke-token"),
    path("settings/theme", preferences.set_theme, name="set-theme"),
    path("healthz", health.healthz, name="healthz"),
    # Browsers ask for it where a page of the Django admin names no icon.
    path("favicon.ico", login_not_required(RedirectView.as_view(url="/static/favicon.svg")), name="favicon"),
    path("admin/", admin.site.urls),
]

urlpatterns = [
    *browser,
    path("", include("accounts.urls")),
    path("", include("registry.api.urls")),
]
