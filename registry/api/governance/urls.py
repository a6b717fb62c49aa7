"""``/api/2.1/catalog-explorer/…``."""

from django.urls import path

from registry.api.governance import views

OURS = "catalog-explorer"
OBJECT = "<str:securable_type>/<str:full_name>"

urlpatterns = [
    path(f"{OURS}/audit-events", views.AuditEvents.as_view(), name="audit-events"),
    path(f"{OURS}/audit-events/export", views.ExportAuditEvents.as_view(), name="export-audit-events"),
    path(f"{OURS}/explain/{OBJECT}", views.ExplainAccess.as_view(), name="explain-access"),
    path(f"{OURS}/preview-grants/{OBJECT}", views.PreviewGrants.as_view(), name="preview-grants"),
    path(f"{OURS}/access-requests", views.AccessRequests.as_view(), name="access-requests"),
    path(f"{OURS}/access-requests/<uuid:uid>", views.AccessRequestByUid.as_view(), name="access-request"),
]
