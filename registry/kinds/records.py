"""The record of each kind, from the outside in."""

from __future__ import annotations

from dataclasses import astuple

from registry import names
from registry.kinds.kind import Kind
from registry.models import (
    Catalog,
    CatalogTag,
    Experiment,
    ExternalMetadata,
    Metastore,
    ModelVersion,
    ModelVersionTag,
    RegisteredModel,
    RegisteredModelTag,
    Schema,
    SchemaTag,
    Table,
)
from registry.names import FullName
from registry.operations import Operation
from registry.privileges import Privilege, SecurableType

_IN_ITSELF = (
    Operation.MANAGE_GRANTS,
    Operation.READ_ALL_GRANTS,
    Operation.TRANSFER_OWNERSHIP,
    Operation.READ_AUDIT_LOG,
)
"""What is asked of everything that has an owner."""

_MANAGED = (*_IN_ITSELF, Operation.DECIDE_ACCESS_REQUEST, Operation.READ_QUOTAS)
"""And of what people ask for access to."""

METASTORE = Kind(
    Metastore,
    SecurableType.METASTORE,
    "metastore",
    operations=(
        Operation.UPDATE_METASTORE,
        Operation.PURGE_TRASH,
        Operation.IMPORT_REGISTRY,
        Operation.CREATE_CATALOG,
        Operation.CREATE_EXTERNAL_METADATA,
        Operation.MANAGE_GRANTS,
        Operation.READ_ALL_GRANTS,
        Operation.MANAGE_PRINCIPALS,
        Operation.MANAGE_TOKENS,
        Operation.MANAGE_TAG_POLICIES,
        Operation.READ_AUDIT_LOG,
        Operation.READ_QUOTAS,
    ),
    abilities={"create catalogs": Operation.CREATE_CATALOG},
    page="catalogs",
    arguments=lambda row: (),
    icon="library",
)
CATALOG = Kind(
    Catalog,
    SecurableType.CATALOG,
    "catalog",
    column="catalog",
    use=Privilege.USE_CATALOG,
    operations=(
        Operation.CREATE_SCHEMA,
        Operation.UPDATE_CATALOG,
        Operation.DELETE_CATALOG,
        Operation.SET_TAG,
        Operation.CERTIFY,
        *_MANAGED,
    ),
    create=Operation.CREATE_CATALOG,
    update=Operation.UPDATE_CATALOG,
    delete=Operation.DELETE_CATALOG,
    rename=Operation.UPDATE_CATALOG,
    used_for=Operation.CREATE_SCHEMA,
    abilities={"see": None, "create schemas in": Operation.CREATE_SCHEMA, "manage": Operation.MANAGE_GRANTS},
    tag=CatalogTag,
    event_column="catalog_uid",
    parse=lambda full_name: (names.object_name(full_name, "catalog name"),),
    page="catalog",
    arguments=lambda row: (row.name,),
    icon="database",
)
SCHEMA = Kind(
    Schema,
    SecurableType.SCHEMA,
    "schema",
    lies_in=CATALOG,
    parent="catalog",
    is_counted=True,
    column="schema",
    use=Privilege.USE_SCHEMA,
    operations=(
        Operation.CREATE_REGISTERED_MODEL,
        Operation.CREATE_TABLE,
        Operation.UPDATE_SCHEMA,
        Operation.DELETE_SCHEMA,
        Operation.SET_TAG,
        Operation.CERTIFY,
        *_MANAGED,
    ),
    create=Operation.CREATE_SCHEMA,
    update=Operation.UPDATE_SCHEMA,
    delete=Operation.DELETE_SCHEMA,
    rename=Operation.UPDATE_SCHEMA,
    used_for=Operation.CREATE_REGISTERED_MODEL,
    abilities={
        "see": None,
        "create models in": Operation.CREATE_REGISTERED_MODEL,
        "manage": Operation.MANAGE_GRANTS,
    },
    tag=SchemaTag,
    event_column="schema_uid",
    parse=names.schema_name,
    page="schema",
    icon="folder",
)
REGISTERED_MODEL = Kind(
    RegisteredModel,
    SecurableType.FUNCTION,
    "model",
    lies_in=SCHEMA,
    parent="schema",
    is_counted=True,
    column="registered_model",
    operations=(
        Operation.READ_REGISTERED_MODEL,
        Operation.READ_ARTIFACTS,
        Operation.CREATE_MODEL_VERSION,
        Operation.WRITE_ARTIFACTS,
        Operation.FINALIZE_MODEL_VERSION,
        Operation.UPDATE_MODEL_VERSION,
        Operation.DELETE_MODEL_VERSION,
        Operation.SET_ALIAS,
        Operation.SET_TAG,
        Operation.CERTIFY,
        Operation.UPDATE_REGISTERED_MODEL,
        Operation.RENAME_REGISTERED_MODEL,
        Operation.DELETE_REGISTERED_MODEL,
        *_MANAGED,
    ),
    create=Operation.CREATE_REGISTERED_MODEL,
    update=Operation.UPDATE_REGISTERED_MODEL,
    delete=Operation.DELETE_REGISTERED_MODEL,
    rename=Operation.RENAME_REGISTERED_MODEL,
    used_for=Operation.READ_ARTIFACTS,
    abilities={
        "see": None,
        "read everything about": Operation.READ_REGISTERED_MODEL,
        "load": Operation.READ_ARTIFACTS,
        "add versions to": Operation.CREATE_MODEL_VERSION,
        "tag": Operation.SET_TAG,
        "manage": Operation.MANAGE_GRANTS,
    },
    tag=RegisteredModelTag,
    event_column="registered_model_uid",
    parse=lambda full_name: astuple(FullName.parse(full_name)),
    page="registered-model",
    icon="box",
)
MODEL_VERSION = Kind(
    ModelVersion,
    "MODEL_VERSION",
    "model version",
    lies_in=REGISTERED_MODEL,
    parent="registered_model",
    is_counted=True,
    creator="creator_key",
    update=Operation.UPDATE_MODEL_VERSION,
    delete=Operation.DELETE_MODEL_VERSION,
    tag=ModelVersionTag,
    page="model-version",
    arguments=lambda row: (row.registered_model.name_parts, row.version),
)
TABLE = Kind(
    Table,
    SecurableType.TABLE,
    "table",
    lies_in=SCHEMA,
    parent="schema",
    operations=(
        Operation.READ_TABLE,
        Operation.UPDATE_TABLE,
        Operation.DELETE_TABLE,
        *_IN_ITSELF,
    ),
    create=Operation.CREATE_TABLE,
    update=Operation.UPDATE_TABLE,
    delete=Operation.DELETE_TABLE,
    used_for=Operation.READ_TABLE,
    abilities={"see": None, "read": Operation.READ_TABLE, "manage": Operation.MANAGE_GRANTS},
    parse=lambda full_name: astuple(FullName.parse(full_name, "table")),
    page="table",
    icon="table",
)
EXTERNAL_METADATA = Kind(
    ExternalMetadata,
    SecurableType.EXTERNAL_METADATA,
    "external metadata",
    operations=(
        Operation.READ_EXTERNAL_METADATA,
        Operation.UPDATE_EXTERNAL_METADATA,
        Operation.DELETE_EXTERNAL_METADATA,
        *_IN_ITSELF,
    ),
    create=Operation.CREATE_EXTERNAL_METADATA,
    update=Operation.UPDATE_EXTERNAL_METADATA,
    delete=Operation.DELETE_EXTERNAL_METADATA,
    abilities={
        "see": None,
        "change": Operation.UPDATE_EXTERNAL_METADATA,
        "manage": Operation.MANAGE_GRANTS,
    },
    parse=lambda full_name: (names.object_name(full_name, "external metadata name"),),
    page="external-metadata",
    arguments=lambda row: (row.name,),
    icon="waypoints",
)
EXPERIMENT = Kind(
    Experiment,
    SecurableType.EXPERIMENT,
    "experiment",
    operations=(
        Operation.READ_EXPERIMENT,
        Operation.EDIT_EXPERIMENT,
        Operation.MANAGE_EXPERIMENT,
        *_IN_ITSELF,
    ),
    update=Operation.MANAGE_EXPERIMENT,
    delete=Operation.MANAGE_EXPERIMENT,
    rename=Operation.MANAGE_EXPERIMENT,
    abilities={
        "see": None,
        "log runs to": Operation.EDIT_EXPERIMENT,
        "manage": Operation.MANAGE_EXPERIMENT,
    },
    page="experiment",
    arguments=lambda row: (row.experiment_id,),
    icon="flask-conical",
    address_name=lambda row: str(row.experiment_id),
)

KINDS: tuple[Kind, ...] = (
    METASTORE,
    CATALOG,
    SCHEMA,
    REGISTERED_MODEL,
    MODEL_VERSION,
    TABLE,
    EXTERNAL_METADATA,
    EXPERIMENT,
)
