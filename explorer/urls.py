"""The whole site on one page: Browser / Accounts / Clients."""

from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path, register_converter
from django.views.generic import RedirectView

from explorer import converters
from explorer.views import (
    administration,
    aliases,
    artifacts,
    audit,
    catalogs,
    comparisons,
    discussions,
    drafts,
    errors,
    governed_tags,
    grants,
    health,
    inbox,
    jobs,
    lineage,
    model_versions,
    palette,
    preferences,
    principals,
    profile,
    registered_models,
    schemas,
    search,
    securables,
    service_principals,
    sign_in,
    sql,
    tags,
    tokens,
    tree,
    versions_table,
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
OBJECT = "explore/objects/<str:securable_type>/<str:full_name>"

sign_in_pages = [
    path("login", sign_in.SignIn.as_view(), name="login"),
    path("login/single-sign-on", sign_in.begin, name="single-sign-on"),
    path("login/single-sign-on/callback", sign_in.callback, name="single-sign-on-callback"),
    path("admin/login/", sign_in.admin_door, name="admin-login"),
    path("admin/password_change/", RedirectView.as_view(pattern_name="change-password"), name="admin-change-password"),
    path("settings/password", sign_in.change_password, name="change-password"),
]

browser = [
    path("", catalogs.home, name="home"),
    path("explore/data", catalogs.index, name="catalogs"),
    path("explore/search", search.index, name="search"),
    path("explore/search/facets", search.counts, name="search-facets"),
    path("explore/search/save", search.save, name="save-search"),
    path("explore/search/<int:pk>/forget", search.forget, name="forget-search"),
    path("explore/compare", comparisons.index, name="compare"),
    path("explore/compare/versions", comparisons.suggestions, name="version-suggestions"),
    path("explore/tree", tree.branch, name="tree"),
    path("explore/data/<str:catalog>", catalogs.detail, name="catalog"),
    path("explore/data/<schema_name:schema>", schemas.detail, name="schema"),
    path(MODEL, registered_models.detail, name="registered-model"),
    path(f"{MODEL}/use", registered_models.use, name="use-registered-model"),
    path(f"{MODEL}/versions/tag", versions_table.tag_several, name="tag-model-versions"),
    path(f"{MODEL}/versions/delete", versions_table.delete_several, name="delete-model-versions"),
    path(f"{MODEL}/aliases/set", aliases.set_alias, name="set-registered-model-alias"),
    path(f"{MODEL}/aliases/delete", aliases.delete_alias, name="delete-registered-model-alias"),
    path(f"{MODEL}/delete", registered_models.delete, name="delete-registered-model"),
    path(VERSION, model_versions.detail, name="model-version"),
    path(f"{MODEL}/watch", discussions.watch, name="watch"),
    path(f"{MODEL}/comments/add", discussions.add, name="comment-on-registered-model"),
    path(f"{VERSION}/comments/add", discussions.add_to_version, name="comment-on-model-version"),
    path("explore/comments/<uuid:uid>/answer", discussions.answer_comment, name="answer-comment"),
    path("explore/comments/<uuid:uid>/edit", discussions.edit, name="edit-comment-text"),
    path("explore/comments/<uuid:uid>/delete", discussions.delete, name="delete-comment"),
    path(f"{VERSION}/artifacts.zip", artifacts.archive, name="download-artifacts"),
    path(f"{VERSION}/artifacts/<path:path>", artifacts.download, name="download-artifact"),
    path(f"{VERSION}/pictures/<path:path>", artifacts.image, name="artifact-picture"),
    path(f"{VERSION}/comment", model_versions.edit_comment, name="edit-model-version-comment"),
    path(f"{VERSION}/draft", drafts.draft_of_version, name="draft-model-version-comment"),
    path(f"{VERSION}/tags/set", tags.set_tag, name="set-model-version-tag"),
    path(f"{VERSION}/tags/delete", tags.delete_tag, name="delete-model-version-tag"),
    path(f"{VERSION}/lineage", lineage.neighbours, name="model-version-neighbours"),
    path(f"{VERSION}/copy", model_versions.copy, name="copy-model-version"),
    path(f"{VERSION}/delete", model_versions.delete, name="delete-model-version"),
    path("explore/catalogs/create", catalogs.create, name="create-catalog"),
    path("explore/catalogs/<str:catalog>/delete", catalogs.delete, name="delete-catalog"),
    path("explore/catalogs/<str:catalog>/create-schema", schemas.create, name="create-schema"),
    path("explore/schemas/<schema_name:schema>/delete", schemas.delete, name="delete-schema"),
    path(f"{OBJECT}/comment", securables.edit_comment, name="edit-comment"),
    path(f"{OBJECT}/draft", drafts.draft, name="draft-comment"),
    path(f"{OBJECT}/rename", securables.rename, name="rename"),
    path(f"{OBJECT}/owner", securables.change_owner, name="change-owner"),
    path(f"{OBJECT}/certification", tags.certify, name="certify"),
    path(f"{OBJECT}/tags/set", tags.set_tag_of, name="set-tag"),
    path(f"{OBJECT}/tags/delete", tags.delete_tag_of, name="delete-tag"),
    path("explore/grants/<str:securable_type>/<str:full_name>/grant", grants.grant, name="grant"),
    path("explore/grants/<str:securable_type>/<str:full_name>/revoke", grants.revoke, name="revoke"),
    path("explore/grants/<str:securable_type>/<str:full_name>/request", grants.request_access, name="request-access"),
    path("explore/jobs", jobs.drawer, name="jobs"),
    path("explore/jobs/<uuid:uid>", jobs.detail, name="job"),
    path("explore/jobs/<uuid:uid>/cancel", jobs.cancel, name="cancel-job"),
    path("explore/jobs/<uuid:uid>/dismiss", preferences.dismiss_job, name="dismiss-job"),
    path("explore/principals", grants.principals, name="principal-suggestions"),
    path("explore/copy-destinations", model_versions.destinations, name="copy-destinations"),
    path("explore/palette", palette.index, name="palette"),
    path("explore/pins/<str:securable_type>/<str:full_name>", preferences.pin, name="pin"),
    path("inbox", inbox.index, name="inbox"),
    path("inbox/<int:key>/open", inbox.open_notification, name="open-notification"),
    path("inbox/read", inbox.mark_read, name="mark-inbox-read"),
    path("inbox/requests/<uuid:uid>/grant", inbox.grant, name="grant-access-request"),
    path("inbox/requests/<uuid:uid>/decline", inbox.decline, name="decline-access-request"),
    path("inbox/requests/<uuid:uid>/withdraw", inbox.withdraw, name="withdraw-access-request"),
    path("audit", audit.index, name="audit"),
    re_path(r"^audit/audit-events\.(?P<form>jsonl|csv)$", audit.download, name="download-audit"),
    path("sql", sql.index, name="sql"),
    re_path(r"^settings/(?P<kind>users|service-principals)$", principals.index, name="principals"),
    re_path(r"^settings/(?P<kind>users|service-principals)/create$", principals.create, name="create-principal"),
    re_path(
        r"^settings/(?P<kind>users|service-principals)/(?P<pk>\d{1,18})/edit$", principals.edit, name="edit-principal"
    ),
    re_path(
        r"^settings/(?P<kind>users|service-principals)/(?P<pk>\d{1,18})/delete$",
        principals.delete,
        name="delete-principal",
    ),
    path("settings/service-principals/<int:pk>", service_principals.detail, name="service-principal"),
    path(
        "settings/service-principals/<int:pk>/tokens/create",
        service_principals.create_token,
        name="create-service-principal-token",
    ),
    path(
        "settings/service-principals/<int:pk>/secrets/create",
        service_principals.create_secret,
        name="create-service-principal-secret",
    ),
    path(
        "settings/service-principals/<int:pk>/secrets/<uuid:uid>/delete",
        service_principals.delete_secret,
        name="delete-service-principal-secret",
    ),
    path("settings/users/<int:pk>/password", principals.set_password, name="set-password"),
    path("settings/groups", principals.groups, name="groups"),
    path("settings/groups/create", principals.create_group, name="create-group"),
    path("settings/groups/<int:pk>", principals.group, name="group"),
    path("settings/groups/<int:pk>/rename", principals.rename_group, name="rename-group"),
    path("settings/groups/<int:pk>/delete", principals.delete_group, name="delete-group"),
    path("settings/groups/<int:pk>/add", principals.add_member, name="add-group-member"),
    path("settings/groups/<int:pk>/remove", principals.remove_member, name="remove-group-member"),
    path("settings/jobs", administration.jobs, name="all-jobs"),
    path("settings/storage", administration.storage, name="storage-use"),
    path("settings/governed-tags", governed_tags.index, name="governed-tags"),
    path("settings/governed-tags/<str:tag_key>/assigners", governed_tags.set_assigners, name="set-tag-assigners"),
    path("settings/all-tokens", principals.all_tokens, name="all-tokens"),
    path("settings/all-tokens/<uuid:uid>/revoke", principals.revoke_any_token, name="revoke-any-token"),
    path("settings/profile", profile.index, name="profile"),
    path("settings/profile/mail", profile.choose_mail, name="choose-mail"),
    path("settings/profile/sessions/end", profile.end_other_sessions, name="end-other-sessions"),
    path("settings/profile/sessions/<uuid:uid>/end", profile.end_session, name="end-session"),
    path("settings/tokens/<uuid:uid>/rotate", tokens.rotate, name="rotate-token"),
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
    *sign_in_pages,
    *browser,
    path("", include("accounts.urls")),
    path("", include("registry.api.urls")),
]
