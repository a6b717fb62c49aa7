"""The vocabulary of grants: every privilege, how each wire spells it, and on what it may be granted."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from registry.exceptions import InvalidParameterValue


class SecurableType(StrEnum):
    """What a grant can be on, named as in the API; a registered model is a FUNCTION there."""

    METASTORE = "METASTORE"
    CATALOG = "CATALOG"
    SCHEMA = "SCHEMA"
    FUNCTION = "FUNCTION"

    @classmethod
    def parse(cls, text: str) -> SecurableType:
        """Read a type as any client spells it; FUNCTION, MODEL and REGISTERED_MODEL are one."""
        name = text.upper()
        if name in ("MODEL", "REGISTERED_MODEL"):
            return cls.FUNCTION
        if name not in cls.__members__:
            raise InvalidParameterValue(f"{text!r} is not a securable type of this server: {', '.join(cls)}.")
        return cls(name)

    @property
    def words(self) -> str:
        """How error messages call it, in Databricks' own words."""
        return "Routine or Model" if self is SecurableType.FUNCTION else self.value.capitalize()


class Privilege(StrEnum):
    """A privilege, valued as REST spells it (``USE_CATALOG``)."""

    ALL_PRIVILEGES = "ALL_PRIVILEGES"
    MANAGE = "MANAGE"
    BROWSE = "BROWSE"
    APPLY_TAG = "APPLY_TAG"
    USE_CATALOG = "USE_CATALOG"
    USE_SCHEMA = "USE_SCHEMA"
    EXECUTE = "EXECUTE"
    CREATE_CATALOG = "CREATE_CATALOG"
    CREATE_SCHEMA = "CREATE_SCHEMA"
    CREATE_MODEL = "CREATE_MODEL"
    CREATE_MODEL_VERSION = "CREATE_MODEL_VERSION"

    @classmethod
    def parse(cls, text: str) -> Privilege:
        """Read a privilege in either spelling (``USE CATALOG`` or ``USE_CATALOG``) and any case."""
        name = "_".join(text.upper().split())
        if name not in cls.__members__:
            raise InvalidParameterValue(f"Privilege {text!r} is not known to this server.")
        return cls(name)

    @property
    def codename(self) -> str:
        """Its name in the table of permissions."""
        return self.value.lower()

    @property
    def words(self) -> str:
        """How SQL and error messages spell it (``USE CATALOG``)."""
        return self.value.replace("_", " ")


_ON_MODELS = (
    Privilege.ALL_PRIVILEGES,
    Privilege.MANAGE,
    Privilege.APPLY_TAG,
    Privilege.CREATE_MODEL_VERSION,
    Privilege.EXECUTE,
)
_ON_SCHEMAS = (*_ON_MODELS, Privilege.USE_SCHEMA, Privilege.CREATE_MODEL)

GRANTABLE: dict[SecurableType, tuple[Privilege, ...]] = {
    SecurableType.METASTORE: (Privilege.CREATE_CATALOG,),
    SecurableType.CATALOG: (*_ON_SCHEMAS, Privilege.USE_CATALOG, Privilege.BROWSE, Privilege.CREATE_SCHEMA),
    SecurableType.SCHEMA: _ON_SCHEMAS,
    SecurableType.FUNCTION: _ON_MODELS,
}
"""What may be granted where. A privilege granted on a container holds for all present and future children."""

NOT_IN_ALL_PRIVILEGES = frozenset({Privilege.MANAGE, Privilege.ALL_PRIVILEGES})
"""What ALL PRIVILEGES does not include when it is resolved at check time."""


def permissions_of(securable_type: SecurableType) -> list[tuple[str, Any]]:
    """The grantable privileges as ``Meta.permissions`` wants them."""
    return [(privilege.codename, privilege.words) for privilege in GRANTABLE[securable_type]]
