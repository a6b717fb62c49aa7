"""What clients ask before anything else: anonymous, cheap, and (after the first time) without the database."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache, wraps
from typing import Any
from uuid import UUID

from django.db import DatabaseError
from django.http import HttpRequest, HttpResponseBase, JsonResponse

from registry.models import Metastore


@cache
def account_id() -> UUID:
    """Return the id of the account: the metastore's, which isn't a secret."""
    return Metastore.current().uid


def workspace_id() -> str:
    """Return a decimal number of 16 digits that stays the same for an installation, on all its machines.

    Clients send it back and put it into links. It follows from the metastore's id, and reveals nothing else.
    """
    return str(10**15 + account_id().int % 10**15)


def name_workspace(answer: HttpResponseBase) -> None:
    """Name the workspace in an answer: clients that do not ask for its id read it there."""
    with suppress(DatabaseError):  # which the answer may have to report
        answer["X-Databricks-Org-Id"] = workspace_id()


def naming_the_workspace(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Have a view that isn't one of the API's classes name the workspace as they do."""

    @wraps(view)
    def named(*args: Any, **kwargs: Any) -> HttpResponseBase:
        answer = view(*args, **kwargs)
        name_workspace(answer)
        return answer

    return named


def databricks_config(request: HttpRequest) -> JsonResponse:
    """``/.well-known/databricks-config``: databricks-sdk reads it before almost every call of MLflow."""
    oidc = request.build_absolute_uri("/oidc")
    return JsonResponse({"oidc_endpoint": oidc, "account_id": str(account_id()), "workspace_id": workspace_id()})
