"""The operations, and who may perform each.

The specification is Unity Catalog's (privileges reference, privilege inheritance, object ownership).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from registry.privileges import GRANTABLE, Privilege, SecurableType


class Operation(StrEnum):
    """What one may ask to do. A model version is governed by its registered model."""

    CREATE_CATALOG = "create catalog"
    UPDATE_CATALOG = "update catalog"
    DELETE_CATALOG = "delete catalog"
    CREATE_SCHEMA = "create schema"
    UPDATE_SCHEMA = "update schema"
    DELETE_SCHEMA = "delete schema"
    CREATE_REGISTERED_MODEL = "create registered model"
    READ_REGISTERED_MODEL = "read registered model"
    UPDATE_REGISTERED_MODEL = "update registered model"
    RENAME_REGISTERED_MODEL = "rename registered model"
    DELETE_REGISTERED_MODEL = "delete registered model"
    SET_ALIAS = "set alias"
    SET_TAG = "set tag"
    CREATE_MODEL_VERSION = "create model version"
    UPDATE_MODEL_VERSION = "update model version"
    DELETE_MODEL_VERSION = "delete model version"
    READ_ARTIFACTS = "read artifacts"
    WRITE_ARTIFACTS = "write artifacts"
    MANAGE_GRANTS = "manage grants"
    READ_ALL_GRANTS = "read all grants"
    TRANSFER_OWNERSHIP = "transfer ownership"
    MANAGE_PRINCIPALS = "manage principals"
    MANAGE_TOKENS = "manage tokens"
    MANAGE_TAG_POLICIES = "manage tag policies"
    READ_QUOTAS = "read quotas"


@dataclass(frozen=True)
class Rule:
    """Who may perform an operation on a securable.

    Any of ``any_of``, on the object or a container, suffices; the first is the one an error message names.
    The object's owner always may; owners of its containers only where ``container_owners``;
    metastore administrators only where ``administrators``. ``uses_itself`` wants USE on the object too, because
    the operation is about what lies in it. ``also`` must be allowed on the parent.
    """

    any_of: frozenset[Privilege]
    names: Privilege
    container_owners: bool = True
    administrators: bool = True
    uses_itself: bool = False
    also: Operation | None = None


def rule(names: Privilege, *others: Privilege, **options: bool | Operation) -> Rule:
    return Rule(frozenset({names, *others}), names, **options)  # type: ignore[arg-type]


_MANAGE = rule(Privilege.MANAGE)

RULES: dict[Operation, Rule] = {
    Operation.CREATE_CATALOG: rule(Privilege.CREATE_CATALOG),
    Operation.UPDATE_CATALOG: _MANAGE,
    Operation.DELETE_CATALOG: _MANAGE,
    Operation.CREATE_SCHEMA: rule(Privilege.CREATE_SCHEMA, uses_itself=True),
    Operation.UPDATE_SCHEMA: _MANAGE,
    Operation.DELETE_SCHEMA: _MANAGE,
    Operation.CREATE_REGISTERED_MODEL: rule(Privilege.CREATE_MODEL, uses_itself=True),
    # Any privilege on a model lets its metadata be read: who may only add versions must be able to register.
    Operation.READ_REGISTERED_MODEL: rule(Privilege.EXECUTE, *GRANTABLE[SecurableType.FUNCTION]),
    Operation.UPDATE_REGISTERED_MODEL: _MANAGE,
    Operation.RENAME_REGISTERED_MODEL: rule(Privilege.MANAGE, also=Operation.CREATE_REGISTERED_MODEL),
    Operation.DELETE_REGISTERED_MODEL: _MANAGE,
    Operation.SET_ALIAS: _MANAGE,
    Operation.SET_TAG: rule(Privilege.APPLY_TAG, container_owners=False),
    Operation.CREATE_MODEL_VERSION: rule(Privilege.CREATE_MODEL_VERSION, Privilege.MANAGE),
    Operation.UPDATE_MODEL_VERSION: _MANAGE,
    Operation.DELETE_MODEL_VERSION: _MANAGE,
    # Data, not metadata: neither a container's owner nor an administrator reads it without a grant.
    Operation.READ_ARTIFACTS: rule(Privilege.EXECUTE, container_owners=False, administrators=False),
    Operation.WRITE_ARTIFACTS: rule(Privilege.CREATE_MODEL_VERSION, Privilege.MANAGE),
    Operation.MANAGE_GRANTS: _MANAGE,
    Operation.READ_ALL_GRANTS: _MANAGE,
    Operation.TRANSFER_OWNERSHIP: _MANAGE,
    Operation.READ_QUOTAS: _MANAGE,
    # On the metastore, where MANAGE cannot be granted: administrators alone.
    Operation.MANAGE_PRINCIPALS: _MANAGE,
    Operation.MANAGE_TOKENS: _MANAGE,
    Operation.MANAGE_TAG_POLICIES: _MANAGE,
}
