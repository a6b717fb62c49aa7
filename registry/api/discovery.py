"""What clients ask before they ask: anonymous, cheap, and (after the first time) without the database."""

from functools import cache
from uuid import UUID

from django.http import HttpRequest, JsonResponse

from registry.models import Metastore


@cache
def account_id() -> UUID:
    """Return the id of the account: the metastore's, which is no secret."""
    return Metastore.current().uid


def workspace_id() -> str:
    """Return a decimal number of 16 digits that stays the same for an installation, on all its machines.

    Clients send it back and put it into links. It follows from the metastore's id, and tells nothing else.
    """
    return str(10**15 + account_id().int % 10**15)


def databricks_config(request: HttpRequest) -> JsonResponse:
    """``/.well-known/databricks-config``: databricks-sdk reads it before almost every call of MLflow."""
    oidc = request.build_absolute_uri("/oidc")
    return JsonResponse({"oidc_endpoint": oidc, "account_id": str(account_id()), "workspace_id": workspace_id()})
