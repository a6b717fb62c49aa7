"""What clients ask before they ask: anonymous, cheap, and without the database."""

from hashlib import sha256

from django.conf import settings
from django.http import HttpRequest, JsonResponse


def workspace_id() -> str:
    """A decimal number that stays the same for an installation. Clients send it back and put it into links."""
    digest = sha256(f"workspace:{settings.SECRET_KEY}".encode()).digest()
    return str(10**15 + int.from_bytes(digest[:8]) % 10**15)


def databricks_config(request: HttpRequest) -> JsonResponse:
    """``/.well-known/databricks-config``: databricks-sdk reads it before almost every call of MLflow."""
    return JsonResponse({"oidc_endpoint": request.build_absolute_uri("/oidc"), "workspace_id": workspace_id()})
