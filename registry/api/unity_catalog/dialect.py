"""Who asks decides the spelling: clients of the open-source API write `USE CATALOG`, all others `USE_CATALOG`."""

from rest_framework.request import Request

from registry.models import Securable
from registry.privileges import Privilege


def speaks_open_source(request: Request) -> bool:
    return request.headers.get("User-Agent", "").startswith("OpenAPI-Generator/")


def privilege(request: Request, privilege: Privilege) -> str:
    """A privilege, spelled for who asks."""
    return privilege.words if speaks_open_source(request) else privilege.value


def securable_type(request: Request, securable: Securable) -> str:
    """A securable's type, spelled for who asks."""
    if not speaks_open_source(request):
        return securable.securable_type.value
    return {"FUNCTION": "registered_model"}.get(securable.securable_type, securable.securable_type.lower())
