"""``/api/2.1/trash``."""

from django.urls import path

from registry.api.trash import views

urlpatterns = [
    path("trash", views.Trash.as_view(), name="trash-list"),
    path("trash/<uuid:uid>", views.TrashByUid.as_view(), name="trash-by-uid"),
    path("trash/<uuid:uid>/restore", views.Restore.as_view(), name="trash-restore"),
]
