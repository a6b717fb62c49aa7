"""``/api/2.1/jobs``."""

from django.urls import path

from registry.api.jobs import views

urlpatterns = [
    path("jobs", views.Jobs.as_view(), name="job-list"),
    path("jobs/<uuid:uid>", views.JobByUid.as_view(), name="job-by-uid"),
    path("jobs/<uuid:uid>/cancel", views.Cancel.as_view(), name="job-cancel"),
    path("jobs/<uuid:uid>/retry", views.Retry.as_view(), name="job-retry"),
]
