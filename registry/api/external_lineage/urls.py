"""``/api/2.0/lineage-tracking/external-metadata`` and ``…/external-lineage``."""

from django.urls import path

from registry.api.external_lineage import views

urlpatterns = [
    path("external-metadata", views.ExternalMetadataList.as_view(), name="external-metadata-list"),
    path("external-metadata/<str:name>", views.ExternalMetadataByName.as_view(), name="external-metadata-by-name"),
    path("external-lineage", views.ExternalLineage.as_view(), name="external-lineage"),
]
