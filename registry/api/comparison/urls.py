"""``/api/2.1/catalog-explorer/compare``."""

from django.urls import path

from registry.api.comparison import views

urlpatterns = [path("catalog-explorer/compare", views.CompareVersions.as_view(), name="compare-versions")]
