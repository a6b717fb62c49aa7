"""``/api/2.0/fs/…``"""

from django.urls import path

from registry.api.files import views

urlpatterns = [
    path("create-upload-url", views.CreateUploadUrl.as_view(), name="create-upload-url"),
    path("create-download-url", views.CreateDownloadUrl.as_view(), name="create-download-url"),
    path("directories/<path:path>", views.Directory.as_view(), name="directory"),
    path("presigned/<uuid:uid>/<path:path>", views.PresignedFile.as_view(), name="presigned-file"),
]
