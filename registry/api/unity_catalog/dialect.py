"""Who asks decides the spelling. Four clients share these URLs: MLflow (`databricks-uc`, native; and `uc:`),
databricks-sdk, and unitycatalog-client.
"""

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
"""unitycatalog-client fails on every other privilege, so it is not shown them."""


def speaks_open_source(request: Request) -> bool:
    """Whether unitycatalog-client asks, which writes `USE CATALOG` where all others write `USE_CATALOG`."""
    return request.headers.get("User-Agent", "").startswith("OpenAPI-Generator/")


def reads_directories(request: Request) -> bool:
    """Whether MLflow's `uc:` client asks: it knows no signed URLs, only directories and cloud storage.

    (As `databricks-uc`, MLflow sends the user agent of databricks-sdk.)
    """
    return request.headers.get("User-Agent", "").startswith("mlflow-python-client/")


def shares_files(request: Request) -> bool:
    """Whether a directory of this machine is of any use to who asks."""
    if settings.LEND_TO_OTHER_MACHINES:
        return True
    address: str = request.META.get("REMOTE_ADDR", "")
    # Behind a proxy, everybody seems to be near.
    return not settings.TRUST_PROXY and (address.startswith("127.") or address in ("::1", "::ffff:127.0.0.1"))


def knows(request: Request, privilege: Privilege) -> bool:
    return not speaks_open_source(request) or privilege in _KNOWN_TO_OPEN_SOURCE


def privilege(request: Request, privilege: Privilege) -> str:
    """A privilege, spelled for who asks."""
    return privilege.words if speaks_open_source(request) else privilege.value


def securable_type(request: Request, securable: Securable) -> str:
    """A securable's type, spelled for who asks."""
    if not speaks_open_source(request):
        return securable.securable_type.value
    return {"FUNCTION": "registered_model"}.get(securable.securable_type, securable.securable_type.lower())
