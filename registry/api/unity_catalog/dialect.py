"""The client decides the spelling: one record for each kind of client that shares these URLs.

MLflow comes here as `databricks-uc` (native) and as `uc:`, databricks-sdk and Terraform speak Databricks' dialect, and
unitycatalog-client, the Java client and the UI of the open-source server speak that server's.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from django.conf import settings
from rest_framework.request import Request

from registry.models import Securable
from registry.privileges import Privilege

_KNOWN_TO_OPEN_SOURCE = frozenset(
    {
        Privilege.CREATE_CATALOG,
        Privilege.USE_CATALOG,
        Privilege.CREATE_SCHEMA,
        Privilege.USE_SCHEMA,
        Privilege.CREATE_MODEL,
        Privilege.EXECUTE,
    }
)
"""Its clients fail on every other privilege, so they are not shown them."""

_NOT_FOUND = {"RESOURCE_DOES_NOT_EXIST": "NOT_FOUND", "PRINCIPAL_DOES_NOT_EXIST": "NOT_FOUND"}


@dataclass(frozen=True)
class Dialect:
    """What a client writes and expects, where clients differ."""

    spells_words: bool = False
    """Privileges as words (`USE CATALOG`), and types in lower case."""
    privileges: frozenset[Privilege] = frozenset(Privilege)
    """Those that the client knows."""
    codes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Its own names of Databricks' error codes."""
    explains_errors: bool = False
    """Whether it reads google.rpc.ErrorInfo in the details of an error."""
    knows_what_exists: bool = False
    """Whether it knows a code of its own for each kind of object that exists already."""
    asks_for_force: bool = False
    """Whether it deletes a model with versions only where it says so. The others just delete."""
    makes_default_schemas: bool = True
    """Whether it expects a new catalog to have a schema ``default``."""
    reads_directories: bool = False
    """Whether it knows no signed URLs, only directories and cloud storage."""
    takes_credentials: bool = False
    """Whether it goes to an object store by itself, where one keeps the files. The others are sent by signed URLs."""

    def privilege(self, privilege: Privilege) -> str:
        """A privilege, as the client spells it."""
        return privilege.words if self.spells_words else privilege.value

    def securable_type(self, securable: Securable) -> str:
        """A securable's type, as the client spells it."""
        if not self.spells_words:
            return securable.securable_type.value
        return {"FUNCTION": "registered_model"}.get(securable.securable_type, securable.securable_type.lower())


DATABRICKS = Dialect()
OPEN_SOURCE = Dialect(
    spells_words=True,
    privileges=_KNOWN_TO_OPEN_SOURCE,
    codes=MappingProxyType(
        _NOT_FOUND
        | {
            "INVALID_PARAMETER_VALUE": "INVALID_ARGUMENT",
            "INVALID_STATE": "FAILED_PRECONDITION",
            "INTERNAL_ERROR": "INTERNAL",
            "TEMPORARILY_UNAVAILABLE": "UNAVAILABLE",
        }
    ),
    explains_errors=True,
    knows_what_exists=True,
    asks_for_force=True,
    makes_default_schemas=False,
    takes_credentials=True,
)
# MLflow knows no INVALID_ARGUMENT, and would take it for a failure of the server. It goes on with what exists already
# if that is reported as Databricks does.
OPEN_SOURCE_MLFLOW = Dialect(
    codes=MappingProxyType(_NOT_FOUND), explains_errors=True, reads_directories=True, takes_credentials=True
)

_AGENTS: Mapping[str, Dialect] = {
    "OpenAPI-Generator/": OPEN_SOURCE,  # unitycatalog-client
    "UnityCatalog-Java-Client/": OPEN_SOURCE,
    "Mozilla/": OPEN_SOURCE,  # its UI: the pages of this product ask nothing here
    "mlflow-python-client/": OPEN_SOURCE_MLFLOW,  # `uc:`; as `databricks-uc`, MLflow sends databricks-sdk's agent
}


def of(request: Request) -> Dialect:
    """Return the dialect of the caller."""
    agent = request.headers.get("User-Agent", "")
    return next((dialect for begin, dialect in _AGENTS.items() if agent.startswith(begin)), DATABRICKS)


def of_changes(request: Request) -> Dialect:
    """Return the dialect of the caller, spelled like the grants that this request changes."""
    read: dict[str, Any] = request.data  # type: ignore[assignment]  # by this view's serializer: it is well formed
    named = (word for change in read["changes"] for word in (*(change.get("add") or ()), *(change.get("remove") or ())))
    return replace(of(request), spells_words=True) if any(" " in word for word in named) else of(request)


def shares_files(request: Request) -> bool:
    """Whether a directory of this machine is of any use to the caller."""
    if settings.LEND_TO_OTHER_MACHINES:
        return True
    address: str = request.META.get("REMOTE_ADDR", "")
    # Behind a proxy, everyone seems to be near.
    return not settings.TRUST_PROXY and (address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1"))
