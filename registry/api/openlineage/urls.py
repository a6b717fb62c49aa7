"""``/api/v1/lineage``."""

from django.urls import path

from registry.api.openlineage import views

urlpatterns = [path("lineage", views.Lineage.as_view(), name="openlineage")]
