"""``/api/1.0/unity-control/scim2/…``: where the open-source server's command line and UI look for users."""

from django.urls import path

from registry.api.scim import views

urlpatterns = [
    path("Me", views.Me.as_view(), name="scim-control-me"),
    path("Users", views.Users.as_view(), name="scim-control-users"),
    path("Users/<str:principal_id>", views.UserById.as_view(), name="scim-control-user"),
]
