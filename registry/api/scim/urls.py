"""``/api/2.0/preview/scim/v2/…``"""

from django.urls import path

from registry.api.scim import views

urlpatterns = [
    path("Me", views.Me.as_view(), name="scim-me"),
    path("Users", views.Users.as_view(), name="scim-users"),
    path("Users/<str:principal_id>", views.UserById.as_view(), name="scim-user"),
    path("ServicePrincipals", views.ServicePrincipals.as_view(), name="scim-service-principals"),
    path("ServicePrincipals/<str:principal_id>", views.ServicePrincipalById.as_view(), name="scim-service-principal"),
    path("Groups", views.Groups.as_view(), name="scim-groups"),
    path("Groups/<str:principal_id>", views.GroupById.as_view(), name="scim-group"),
]
