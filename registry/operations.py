"""The vocabulary of operations: what one may ask to do. Who may is in ``registry.authorization.rules``."""

from __future__ import annotations

from enum import StrEnum


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
    CERTIFY = "certify"
    CREATE_MODEL_VERSION = "create model version"
    UPDATE_MODEL_VERSION = "update model version"
    DELETE_MODEL_VERSION = "delete model version"
    READ_ARTIFACTS = "read artifacts"
    WRITE_ARTIFACTS = "write artifacts"
    FINALIZE_MODEL_VERSION = "finalize model version"
    READ_EXPERIMENT = "read experiment"
    EDIT_EXPERIMENT = "edit experiment"
    MANAGE_EXPERIMENT = "manage experiment"
    MANAGE_GRANTS = "manage grants"
    READ_ALL_GRANTS = "read all grants"
    TRANSFER_OWNERSHIP = "transfer ownership"
    MANAGE_PRINCIPALS = "manage principals"
    MANAGE_TOKENS = "manage tokens"
    MANAGE_TAG_POLICIES = "manage tag policies"
    READ_QUOTAS = "read quotas"
    READ_AUDIT_LOG = "read audit log"
    DECIDE_ACCESS_REQUEST = "decide access request"
