"""``/api/2.0/preview/scim/v2/…``"""

from django.urls import path

from registry.api.scim import views

urlpatterns = [path("Me", views.Me.as_view(), name="scim-me")]
