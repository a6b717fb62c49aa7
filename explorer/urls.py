from django.urls import include, path
from explorer.views import health
urlpatterns = [path("healthz", health.healthz, name="healthz"), path("", include("accounts.urls")), path("", include("registry.api.urls"))]
