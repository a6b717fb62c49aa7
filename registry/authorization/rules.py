"""Who may perform each operation.

The specification is Unity Catalog's (privileges reference, privilege inheritance, object ownership).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import Group

from accounts.models import Scope, User
from registry.audit.actions import Action
from registry.denials import Attempt
from registry.kinds import kind_of
from registry.models import Governed
from registry.names import CERTIFICATION
from registry.operations import Operation
from registry.privileges import GRANTABLE, Privilege, SecurableType


@dataclass(frozen=True)
class Rule:
    """Who may perform an operation on a securable.

    Any of ``any_of``, on the object or a container, suffices; the first is the one an error message names.
    The object's owner always may; owners of its containers only where ``container_owners``;
    metastore administrators only where ``administrators``. ``uses_itself`` requires USE on the object too, because
    the operation is about what is in it. ``also`` must be allowed on the parent. A token must have ``scope``.
    Where it ``assigns`` a governed tag (its key), that tag's policy has to list the caller: Unity Catalog's ASSIGN.
    Where there are ``creators``, users who hold that privilege may do it to the versions that they created themselves.
    """

    any_of: frozenset[Privilege]
    names: Privilege
    container_owners: bool = True
    administrators: bool = True
    uses_itself: bool = False
    also: Operation | None = None
    scope: Scope = Scope.REGISTRY
    creators: Privilege | None = None
    assigns: str = ""

    def name_on(self, securable_type: SecurableType) -> Privilege:
        """Return the privilege that an error message names: ``names``, or its equivalent on such an object."""
        fitting = [privilege for privilege in self.any_of if privilege in GRANTABLE[securable_type]]
        return fitting[0] if fitting and self.names not in GRANTABLE[securable_type] else self.names

    def of_own(self) -> Rule:
        """Return the rule for what the principal itself has created."""
        if self.creators is None:
            return self
        return replace(self, any_of=self.any_of | {self.creators}, names=self.creators, creators=None)


def rule(names: Privilege, *others: Privilege, **options: bool | str | None) -> Rule:
    return Rule(frozenset({names, *others}), names, **options)  # type: ignore[arg-type]


# Required for everything that has an owner; on experiments the privilege is called CAN MANAGE.
_MANAGE = rule(Privilege.MANAGE)
_MANAGE_AS_READER = rule(Privilege.MANAGE, Privilege.CAN_MANAGE, scope=Scope.READ)
_MANAGE_AS_ADMINISTRATOR = rule(Privilege.MANAGE, Privilege.CAN_MANAGE, scope=Scope.ADMIN)

RULES: dict[Operation, Rule] = {
    Operation.CREATE_CATALOG: rule(Privilege.CREATE_CATALOG),
    Operation.UPDATE_CATALOG: _MANAGE,
    Operation.DELETE_CATALOG: _MANAGE,
    Operation.CREATE_SCHEMA: rule(Privilege.CREATE_SCHEMA, uses_itself=True),
    Operation.UPDATE_SCHEMA: _MANAGE,
    Operation.DELETE_SCHEMA: _MANAGE,
    # A model is a function to Unity Catalog: either right creates one.
    Operation.CREATE_REGISTERED_MODEL: rule(Privilege.CREATE_MODEL, Privilege.CREATE_FUNCTION, uses_itself=True),
    # Any privilege on a model lets its metadata be read: users who may only add versions must be able to register.
    Operation.READ_REGISTERED_MODEL: rule(Privilege.EXECUTE, *GRANTABLE[SecurableType.FUNCTION], scope=Scope.READ),
    Operation.UPDATE_REGISTERED_MODEL: _MANAGE,
    Operation.RENAME_REGISTERED_MODEL: rule(Privilege.MANAGE, also=Operation.CREATE_REGISTERED_MODEL),
    Operation.DELETE_REGISTERED_MODEL: _MANAGE,
    Operation.SET_ALIAS: _MANAGE,
    Operation.SET_TAG: rule(Privilege.APPLY_TAG, container_owners=False),
    Operation.CERTIFY: rule(Privilege.APPLY_TAG, container_owners=False, assigns=CERTIFICATION),
    Operation.CREATE_MODEL_VERSION: rule(Privilege.CREATE_MODEL_VERSION, Privilege.MANAGE),
    Operation.UPDATE_MODEL_VERSION: _MANAGE,
    Operation.DELETE_MODEL_VERSION: _MANAGE,
    Operation.CREATE_TABLE: rule(Privilege.CREATE_TABLE, uses_itself=True),
    # As of models: any privilege on a table lets its metadata be read. Its rows are not kept here.
    Operation.READ_TABLE: rule(Privilege.SELECT, *GRANTABLE[SecurableType.TABLE], scope=Scope.READ),
    Operation.UPDATE_TABLE: rule(Privilege.MODIFY, Privilege.MANAGE),
    Operation.DELETE_TABLE: _MANAGE,
    # Data, not metadata: neither a container's owner nor an administrator reads it without a grant.
    Operation.READ_ARTIFACTS: rule(Privilege.EXECUTE, container_owners=False, administrators=False, scope=Scope.READ),
    # A version that is pending belongs to its creator: others who may add versions do not write its files.
    Operation.WRITE_ARTIFACTS: rule(Privilege.MANAGE, creators=Privilege.CREATE_MODEL_VERSION),
    Operation.FINALIZE_MODEL_VERSION: rule(Privilege.MANAGE, creators=Privilege.CREATE_MODEL_VERSION),
    # As databricks-sdk documents them: any privilege shows external metadata, MODIFY changes it, and its lineage.
    Operation.CREATE_EXTERNAL_METADATA: rule(Privilege.CREATE_EXTERNAL_METADATA),
    Operation.READ_EXTERNAL_METADATA: rule(
        Privilege.BROWSE, *GRANTABLE[SecurableType.EXTERNAL_METADATA], scope=Scope.READ
    ),
    Operation.UPDATE_EXTERNAL_METADATA: rule(Privilege.MODIFY, Privilege.MANAGE),
    Operation.DELETE_EXTERNAL_METADATA: _MANAGE,
    # Each level includes the lower ones; what runs have logged is metadata, and so are their artifacts.
    Operation.READ_EXPERIMENT: rule(Privilege.CAN_READ, Privilege.CAN_EDIT, Privilege.CAN_MANAGE, scope=Scope.READ),
    Operation.EDIT_EXPERIMENT: rule(Privilege.CAN_EDIT, Privilege.CAN_MANAGE),
    Operation.MANAGE_EXPERIMENT: rule(Privilege.CAN_MANAGE),
    Operation.MANAGE_GRANTS: _MANAGE_AS_ADMINISTRATOR,
    Operation.READ_ALL_GRANTS: _MANAGE_AS_READER,
    Operation.TRANSFER_OWNERSHIP: _MANAGE_AS_ADMINISTRATOR,
    Operation.DECIDE_ACCESS_REQUEST: _MANAGE_AS_ADMINISTRATOR,
    Operation.READ_AUDIT_LOG: _MANAGE_AS_READER,
    Operation.READ_QUOTAS: _MANAGE_AS_READER,
    # On the metastore, where MANAGE cannot be granted: administrators only.
    Operation.UPDATE_METASTORE: _MANAGE_AS_ADMINISTRATOR,
    Operation.PURGE_TRASH: _MANAGE_AS_ADMINISTRATOR,
    Operation.IMPORT_REGISTRY: _MANAGE_AS_ADMINISTRATOR,
    Operation.MANAGE_PRINCIPALS: _MANAGE_AS_ADMINISTRATOR,
    Operation.MANAGE_TOKENS: _MANAGE_AS_ADMINISTRATOR,
    Operation.MANAGE_TAG_POLICIES: _MANAGE_AS_ADMINISTRATOR,
}

AUDITED_AS: dict[Operation, Action | Attempt] = {
    Operation.UPDATE_METASTORE: Action.UPDATE_METASTORE,
    Operation.PURGE_TRASH: Action.PURGE_FROM_TRASH,
    Operation.IMPORT_REGISTRY: Action.IMPORT_REGISTRY,
    Operation.CREATE_CATALOG: Action.CREATE_CATALOG,
    Operation.UPDATE_CATALOG: Action.UPDATE_CATALOG,
    Operation.DELETE_CATALOG: Action.DELETE_CATALOG,
    Operation.CREATE_SCHEMA: Action.CREATE_SCHEMA,
    Operation.UPDATE_SCHEMA: Action.UPDATE_SCHEMA,
    Operation.DELETE_SCHEMA: Action.DELETE_SCHEMA,
    Operation.CREATE_REGISTERED_MODEL: Action.CREATE_REGISTERED_MODEL,
    Operation.READ_REGISTERED_MODEL: Attempt.GET_REGISTERED_MODEL,
    Operation.UPDATE_REGISTERED_MODEL: Action.UPDATE_REGISTERED_MODEL,
    Operation.RENAME_REGISTERED_MODEL: Action.UPDATE_REGISTERED_MODEL,
    Operation.DELETE_REGISTERED_MODEL: Action.DELETE_REGISTERED_MODEL,
    Operation.SET_ALIAS: Action.SET_REGISTERED_MODEL_ALIAS,
    Operation.SET_TAG: Action.UPDATE_TAG_SECURABLE_ASSIGNMENTS,
    Operation.CERTIFY: Action.UPDATE_TAG_SECURABLE_ASSIGNMENTS,
    Operation.CREATE_MODEL_VERSION: Action.CREATE_MODEL_VERSION,
    Operation.UPDATE_MODEL_VERSION: Action.UPDATE_MODEL_VERSION,
    Operation.DELETE_MODEL_VERSION: Action.DELETE_MODEL_VERSION,
    Operation.CREATE_TABLE: Action.CREATE_TABLE,
    Operation.READ_TABLE: Attempt.GET_TABLE,
    Operation.UPDATE_TABLE: Action.UPDATE_TABLE,
    Operation.DELETE_TABLE: Action.DELETE_TABLE,
    Operation.READ_ARTIFACTS: Action.GENERATE_TEMPORARY_MODEL_VERSION_CREDENTIAL,
    Operation.WRITE_ARTIFACTS: Action.GENERATE_TEMPORARY_MODEL_VERSION_CREDENTIAL,
    Operation.FINALIZE_MODEL_VERSION: Action.FINALIZE_MODEL_VERSION,
    Operation.CREATE_EXTERNAL_METADATA: Action.CREATE_EXTERNAL_METADATA,
    Operation.READ_EXTERNAL_METADATA: Attempt.GET_EXTERNAL_METADATA,
    Operation.UPDATE_EXTERNAL_METADATA: Action.UPDATE_EXTERNAL_METADATA,
    Operation.DELETE_EXTERNAL_METADATA: Action.DELETE_EXTERNAL_METADATA,
    Operation.READ_EXPERIMENT: Attempt.GET_EXPERIMENT,
    Operation.EDIT_EXPERIMENT: Attempt.EDIT_EXPERIMENT,
    Operation.MANAGE_EXPERIMENT: Attempt.MANAGE_EXPERIMENT,
    Operation.MANAGE_GRANTS: Action.UPDATE_PERMISSIONS,
    Operation.READ_ALL_GRANTS: Attempt.GET_PERMISSIONS,
    Operation.TRANSFER_OWNERSHIP: Attempt.CHANGE_OWNER,
    Operation.DECIDE_ACCESS_REQUEST: Action.DECIDE_ACCESS_REQUEST,
    Operation.READ_AUDIT_LOG: Attempt.LIST_AUDIT_EVENTS,
    Operation.READ_QUOTAS: Attempt.GET_QUOTA,
    Operation.MANAGE_PRINCIPALS: Attempt.MANAGE_PRINCIPALS,
    Operation.MANAGE_TOKENS: Attempt.MANAGE_TOKENS,
    Operation.MANAGE_TAG_POLICIES: Attempt.MANAGE_TAG_POLICIES,
}
"""What a refused operation is called in the audit log (names of Unity Catalog's, where it has one)."""


def rule_for(principal: User | Group, operation: Operation, securable: Governed) -> Rule:
    """Return the rule by which ``principal`` may perform ``operation`` on ``securable``, perhaps its own creation."""
    creator = kind_of(securable).creator
    is_own = creator and isinstance(principal, User) and getattr(securable, creator) == principal.pk
    return RULES[operation].of_own() if is_own else RULES[operation]
