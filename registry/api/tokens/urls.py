"""``/api/2.0/token/…``, ``/api/2.0/token-management/…`` and the secrets of service principals."""

from django.urls import path

from registry.api.tokens import views

SECRETS = "accounts/servicePrincipals/<int:principal_id>/credentials/secrets"

urlpatterns = [
    path("token/create", views.CreateToken.as_view(), name="api-create-token"),
    path("token/list", views.ListTokens.as_view(), name="api-list-tokens"),
    path("token/rotate", views.RotateToken.as_view(), name="api-rotate-token"),
    path("token/delete", views.DeleteToken.as_view(), name="api-delete-token"),
    path("token-management/tokens", views.AllTokens.as_view(), name="api-all-tokens"),
    path("token-management/tokens/<uuid:uid>", views.AnyToken.as_view(), name="api-any-token"),
    path("token-management/on-behalf-of/tokens", views.CreateTokenFor.as_view(), name="api-create-token-for"),
    path(SECRETS, views.Secrets.as_view(), name="api-secrets"),
    path(f"{SECRETS}/<uuid:uid>", views.Secret.as_view(), name="api-secret"),
]
