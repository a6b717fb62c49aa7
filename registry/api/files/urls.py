"""``/api/2.0/fs/…``"""

from django.urls import path

from registry.api.files import views

urlpatterns = [
    path("create-upload-url", views.CreateUploadUrl.as_view(), name="create-upload-url"),
    path("create-download-url", views.CreateDownloadUrl.as_view(), name="create-download-url"),
    path("create-upload-part-urls", views.CreateUploadPartUrls.as_view(), name="create-upload-part-urls"),
    path("create-abort-upload-url", views.CreateAbortUploadUrl.as_view(), name="create-abort-upload-url"),
    path("directories/<path:path>", views.Directory.as_view(), name="directory"),
    path("files/<path:path>", views.File.as_view(), name="file"),
    path("presigned/<uuid:uid>/<path:path>", views.PresignedFile.as_view(), name="presigned-file"),
    path("presigned-parts/<uuid:uid>/<uuid:parts>", views.PresignedParts.as_view(), name="presigned-parts"),
    path("presigned-parts/<uuid:uid>/<uuid:parts>/<int:number>", views.PresignedPart.as_view(), name="presigned-part"),
]
