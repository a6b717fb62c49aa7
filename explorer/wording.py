"""What people call operations, where pages let them choose one or say who may do it."""

from __future__ import annotations

from registry import authorization
from registry.authorization import Operation
from registry.privileges import Privilege, SecurableType

_WORDS = {
    Operation.READ_ARTIFACTS: "load it",
    Operation.READ_REGISTERED_MODEL: "read its details",
    Operation.CREATE_MODEL_VERSION: "add versions",
    Operation.SET_ALIAS: "move aliases",
    Operation.SET_TAG: "set tags",
    Operation.UPDATE_REGISTERED_MODEL: "edit its description",
    Operation.RENAME_REGISTERED_MODEL: "rename it",
    Operation.DELETE_REGISTERED_MODEL: "delete it",
    Operation.UPDATE_MODEL_VERSION: "edit descriptions of versions",
    Operation.DELETE_MODEL_VERSION: "delete versions",
    Operation.WRITE_ARTIFACTS: "upload files of new versions",
    Operation.FINALIZE_MODEL_VERSION: "complete new versions",
    Operation.CREATE_REGISTERED_MODEL: "register models in it",
    Operation.CREATE_TABLE: "create tables in it",
    Operation.CREATE_SCHEMA: "create schemas in it",
    Operation.CREATE_CATALOG: "create catalogs",
    Operation.CREATE_EXTERNAL_METADATA: "create external metadata",
    Operation.UPDATE_CATALOG: "edit or rename it",
    Operation.UPDATE_SCHEMA: "edit or rename it",
    Operation.DELETE_CATALOG: "delete it",
    Operation.DELETE_SCHEMA: "delete it",
    Operation.READ_TABLE: "read it",
    Operation.UPDATE_TABLE: "change it",
    Operation.DELETE_TABLE: "delete it",
    Operation.READ_EXPERIMENT: "read its runs",
    Operation.EDIT_EXPERIMENT: "log runs in it",
    Operation.MANAGE_EXPERIMENT: "rename or delete it",
    Operation.READ_EXTERNAL_METADATA: "read it",
    Operation.UPDATE_EXTERNAL_METADATA: "change it",
    Operation.DELETE_EXTERNAL_METADATA: "delete it",
    Operation.CERTIFY: "certify it",
    Operation.MANAGE_GRANTS: "grant access",
    Operation.TRANSFER_OWNERSHIP: "change its owner",
    Operation.READ_ALL_GRANTS: "see who has access",
    Operation.READ_AUDIT_LOG: "see its activity",
    Operation.READ_QUOTAS: "see its quotas",
    Operation.DECIDE_ACCESS_REQUEST: "answer access requests",
    Operation.UPDATE_METASTORE: "change the settings of the metastore",
    Operation.IMPORT_REGISTRY: "import models of other servers",
    Operation.MANAGE_PRINCIPALS: "manage users and groups",
    Operation.MANAGE_TOKENS: "manage tokens",
    Operation.MANAGE_TAG_POLICIES: "manage governed tags",
}
"""In the order in which people are interested in them."""


def words_for(operation: Operation) -> str:
    """Return what comes after «can …» or «can't …»."""
    return _WORDS[operation]


def to_reader(message: str) -> str:
    """Return what a service refuses, said to the person it refuses: its own words are those that clients know."""
    return message.replace("User does not have ", "You don't have ")


def by_interest(operations: tuple[Operation, ...]) -> list[Operation]:
    """Return ``operations`` with what people ask for first at the beginning."""
    order = list(_WORDS)
    return sorted(operations, key=order.index)


_TASKS: dict[SecurableType, tuple[tuple[Operation, str], ...]] = {
    SecurableType.CATALOG: (
        (Operation.READ_ARTIFACTS, "Load every model in it"),
        (Operation.CREATE_MODEL_VERSION, "Add versions to every model in it"),
        (Operation.CREATE_SCHEMA, "Create schemas in it"),
        (Operation.MANAGE_GRANTS, "Manage it and everything in it"),
    ),
    SecurableType.SCHEMA: (
        (Operation.READ_ARTIFACTS, "Load every model in it"),
        (Operation.CREATE_MODEL_VERSION, "Add versions to every model in it"),
        (Operation.CREATE_REGISTERED_MODEL, "Register models in it"),
        (Operation.MANAGE_GRANTS, "Manage it and everything in it"),
    ),
    SecurableType.FUNCTION: (
        (Operation.READ_ARTIFACTS, "Load it"),
        (Operation.CREATE_MODEL_VERSION, "Add versions"),
        (Operation.SET_TAG, "Set tags"),
        (Operation.SET_ALIAS, "Manage it: move aliases, edit, delete, grant access"),
    ),
}


def tasks_on(securable_type: SecurableType) -> dict[str, tuple[str, Privilege]]:
    """Return what people ask access for: by the operation's name, what it is called and the least grant for it."""
    tasks = _TASKS.get(securable_type, ())
    return {operation.name: (label, authorization.least_grant(operation, securable_type)) for operation, label in tasks}
