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
    TABLE = "TABLE"
    EXTERNAL_METADATA = "EXTERNAL_METADATA"
    # Not a securable of Unity Catalog: its permissions have addresses of their own.
    EXPERIMENT = "EXPERIMENT"

    @classmethod
    def parse(cls, text: str) -> SecurableType:
        """Read a type as any client spells it; FUNCTION, MODEL and REGISTERED_MODEL are one."""
        name = text.upper()
        if name in ("MODEL", "REGISTERED_MODEL"):
            return cls.FUNCTION
        known = [kind for kind in cls if kind is not cls.EXPERIMENT]
        if name not in known:
            raise InvalidParameterValue(f"{text!r} is not a securable type of this server: {', '.join(known)}.")
        return cls(name)

    @property
    def words(self) -> str:
        """How error messages call it, in Databricks' own words."""
        return "Routine or Model" if self is SecurableType.FUNCTION else self.value.replace("_", " ").capitalize()


class Privilege(StrEnum):
    """A privilege, valued as REST spells it (``USE_CATALOG``)."""

    ALL_PRIVILEGES = "ALL_PRIVILEGES"
    MANAGE = "MANAGE"
    BROWSE = "BROWSE"
    APPLY_TAG = "APPLY_TAG"
    # Of a governed tag, whose policy lists who has it: it is granted on no securable.
    ASSIGN = "ASSIGN"
    USE_CATALOG = "USE_CATALOG"
    USE_SCHEMA = "USE_SCHEMA"
    EXECUTE = "EXECUTE"
    CREATE_CATALOG = "CREATE_CATALOG"
    CREATE_SCHEMA = "CREATE_SCHEMA"
    CREATE_MODEL = "CREATE_MODEL"
    CREATE_FUNCTION = "CREATE_FUNCTION"
    CREATE_MODEL_VERSION = "CREATE_MODEL_VERSION"
    # Of experiments; the names are Databricks' levels of permission.
    CAN_READ = "CAN_READ"
    CAN_EDIT = "CAN_EDIT"
    CAN_MANAGE = "CAN_MANAGE"
    # Of tables: their rows are elsewhere, so that SELECT and MODIFY let their metadata be read here. MODIFY on external
    # metadata also lets users report what that has to do with what is here.
    CREATE_TABLE = "CREATE_TABLE"
    CREATE_EXTERNAL_METADATA = "CREATE_EXTERNAL_METADATA"
    SELECT = "SELECT"
    MODIFY = "MODIFY"
    # Of the volumes and connections that a Databricks installation has besides its models. They are granted, inherited
    # and shown as there, so that scripts written for it run here; nothing of this server asks for them.
    EXTERNAL_USE_SCHEMA = "EXTERNAL_USE_SCHEMA"
    CREATE_VOLUME = "CREATE_VOLUME"
    CREATE_MATERIALIZED_VIEW = "CREATE_MATERIALIZED_VIEW"
    REFRESH = "REFRESH"
    READ_VOLUME = "READ_VOLUME"
    WRITE_VOLUME = "WRITE_VOLUME"
    CREATE_CLEAN_ROOM = "CREATE_CLEAN_ROOM"
    CREATE_CONNECTION = "CREATE_CONNECTION"
    CREATE_EXTERNAL_LOCATION = "CREATE_EXTERNAL_LOCATION"
    CREATE_SERVICE_CREDENTIAL = "CREATE_SERVICE_CREDENTIAL"
    CREATE_STORAGE_CREDENTIAL = "CREATE_STORAGE_CREDENTIAL"
    MANAGE_ALLOWLIST = "MANAGE_ALLOWLIST"
    USE_MARKETPLACE_ASSETS = "USE_MARKETPLACE_ASSETS"

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
_INHERITED_BY_SCHEMAS = (
    *_ON_MODELS,
    Privilege.USE_SCHEMA,
    Privilege.CREATE_MODEL,
    Privilege.CREATE_FUNCTION,
    Privilege.CREATE_TABLE,
    Privilege.CREATE_VOLUME,
    Privilege.CREATE_MATERIALIZED_VIEW,
    Privilege.SELECT,
    Privilege.MODIFY,
    Privilege.REFRESH,
    Privilege.READ_VOLUME,
    Privilege.WRITE_VOLUME,
)

GRANTABLE: dict[SecurableType, tuple[Privilege, ...]] = {
    SecurableType.METASTORE: (
        Privilege.CREATE_CATALOG,
        Privilege.CREATE_CLEAN_ROOM,
        Privilege.CREATE_CONNECTION,
        Privilege.CREATE_EXTERNAL_LOCATION,
        Privilege.CREATE_EXTERNAL_METADATA,
        Privilege.CREATE_SERVICE_CREDENTIAL,
        Privilege.CREATE_STORAGE_CREDENTIAL,
        Privilege.MANAGE_ALLOWLIST,
        Privilege.USE_MARKETPLACE_ASSETS,
    ),
    SecurableType.CATALOG: (
        *_INHERITED_BY_SCHEMAS,
        Privilege.USE_CATALOG,
        Privilege.BROWSE,
        Privilege.CREATE_SCHEMA,
    ),
    SecurableType.SCHEMA: (*_INHERITED_BY_SCHEMAS, Privilege.EXTERNAL_USE_SCHEMA),
    SecurableType.FUNCTION: _ON_MODELS,
    SecurableType.TABLE: (
        Privilege.ALL_PRIVILEGES,
        Privilege.MANAGE,
        Privilege.APPLY_TAG,
        Privilege.SELECT,
        Privilege.MODIFY,
    ),
    SecurableType.EXTERNAL_METADATA: (
        Privilege.ALL_PRIVILEGES,
        Privilege.MANAGE,
        Privilege.BROWSE,
        Privilege.MODIFY,
    ),
    SecurableType.EXPERIMENT: (Privilege.CAN_READ, Privilege.CAN_EDIT, Privilege.CAN_MANAGE),
}
"""What may be granted where. A privilege granted on a container holds for all present and future children."""

NOT_IN_ALL_PRIVILEGES = frozenset(
    {
        Privilege.MANAGE,
        Privilege.ALL_PRIVILEGES,
        Privilege.EXTERNAL_USE_SCHEMA,
        *GRANTABLE[SecurableType.EXPERIMENT],
    }
)
"""What ALL PRIVILEGES does not include when it is resolved at check time."""


HEADINGS: dict[str, tuple[Privilege, ...]] = {
    "Prerequisite": (Privilege.USE_CATALOG, Privilege.USE_SCHEMA),
    "Metadata": (Privilege.BROWSE, Privilege.APPLY_TAG),
    "Read": (Privilege.EXECUTE, Privilege.READ_VOLUME, Privilege.SELECT),
    "Edit": (Privilege.CREATE_MODEL_VERSION, Privilege.MODIFY, Privilege.REFRESH, Privilege.WRITE_VOLUME),
    "Create": (
        Privilege.CREATE_SCHEMA,
        Privilege.CREATE_MODEL,
        Privilege.CREATE_FUNCTION,
        Privilege.CREATE_TABLE,
        Privilege.CREATE_VOLUME,
        Privilege.CREATE_MATERIALIZED_VIEW,
    ),
}
"""The headings under which Catalog Explorer's grant dialog shows privileges; all others come before them."""

_READER = (*HEADINGS["Prerequisite"], Privilege.BROWSE, Privilege.EXECUTE, Privilege.SELECT)
_CONTRIBUTOR = (Privilege.APPLY_TAG, Privilege.CREATE_MODEL_VERSION, Privilege.MODIFY, Privilege.CREATE_MODEL)

PRESETS: dict[str, tuple[Privilege, ...]] = {
    "Reader": _READER,
    "Contributor": (*_READER, *_CONTRIBUTOR),
    "Manager": (Privilege.ALL_PRIVILEGES, Privilege.MANAGE),
}
"""Sets of privileges for what most people want to do. (Databricks' dialog has a Data Reader and a Data Editor, which
grant what volumes and views need too.)"""

FOR_MODELS: tuple[Privilege, ...] = (
    *HEADINGS["Prerequisite"],
    Privilege.BROWSE,
    Privilege.EXECUTE,
    Privilege.CREATE_SCHEMA,
    Privilege.CREATE_MODEL,
    Privilege.CREATE_MODEL_VERSION,
    Privilege.APPLY_TAG,
    Privilege.MANAGE,
    Privilege.ALL_PRIVILEGES,
    Privilege.CREATE_CATALOG,
    Privilege.CREATE_EXTERNAL_METADATA,
)
"""The privileges that mean something for models: dialogs show the others when they are asked for."""


def preset_on(name: str, securable_type: SecurableType) -> list[Privilege]:
    """As much of a preset as can be granted on such an object."""
    return [privilege for privilege in PRESETS[name] if privilege in GRANTABLE[securable_type]]


def permissions_of(securable_type: SecurableType) -> list[tuple[str, Any]]:
    """The grantable privileges as ``Meta.permissions`` wants them."""
    return [(privilege.codename, privilege.words) for privilege in GRANTABLE[securable_type]]
