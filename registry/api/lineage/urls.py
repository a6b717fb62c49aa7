"""``/api/2.1/catalog-explorer/impact``."""

from django.urls import path

from registry.api.lineage import views

urlpatterns = [
    path("catalog-explorer/lineage", views.Neighbours.as_view(), name="neighbours"),
    path("catalog-explorer/lineage/openlineage", views.ExportEvents.as_view(), name="export-openlineage"),
    path("catalog-explorer/impact", views.GetImpact.as_view(), name="impact"),
    path("catalog-explorer/impact/export", views.ExportImpact.as_view(), name="export-impact"),
]
