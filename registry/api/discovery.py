"""What clients ask before they ask: anonymous, cheap, and (after the first time) without the database."""

from functools import cache

from django.http import HttpRequest, JsonResponse

from registry.models import Metastore


@cache
def workspace_id() -> str:
    """Return a decimal number of 16 digits that stays the same for an installation, on all its machines.

    Clients send it back and put it into links. It tells nothing but the metastore's id, which is no secret.
    """
    return str(10**15 + Metastore.current().uid.int % 10**15)


def databricks_config(request: HttpRequest) -> JsonResponse:
    """``/.well-known/databricks-config``: databricks-sdk reads it before almost every call of MLflow."""
    return JsonResponse({"oidc_endpoint": request.build_absolute_uri("/oidc"), "workspace_id": workspace_id()})
