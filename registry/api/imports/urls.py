"""``/api/2.1/imports``."""

from django.urls import path

from registry.api.imports import views

urlpatterns = [
    path("imports", views.Imports.as_view(), name="import-list"),
    path("imports/<uuid:uid>", views.ImportByUid.as_view(), name="import-by-uid"),
    path("imports/<uuid:uid>/preview", views.Preview.as_view(), name="import-preview"),
    path("imports/<uuid:uid>/start", views.Start.as_view(), name="import-start"),
]
