"""``/api/2.0/workspace/…`` and ``/api/2.0/workspace-files/…``"""

from django.urls import path

from registry.api.workspace import views

urlpatterns = [
    path("workspace/get-status", views.GetStatus.as_view(), name="workspace-get-status"),
    path("workspace/list", views.List.as_view(), name="workspace-list"),
    path("workspace/export", views.Export.as_view(), name="workspace-export"),
    path("workspace/mkdirs", views.Mkdirs.as_view(), name="workspace-mkdirs"),
    path("workspace/import", views.Import.as_view(), name="workspace-import"),
    path("workspace/delete", views.Delete.as_view(), name="workspace-delete"),
    path("workspace-files/import-file/<path:path>", views.ImportFile.as_view(), name="workspace-import-file"),
    path("workspace-files/<path:path>", views.File.as_view(), name="workspace-file"),
]
