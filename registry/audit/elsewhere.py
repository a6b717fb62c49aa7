"""Events of what is elsewhere and is registered here: tables, and what other systems have."""

from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.recording import given, record
from registry.models import ExternalMetadata, Table


def table_created(actor: Actor, table: Table) -> None:
    name = table.name_parts
    record(
        actor, Action.CREATE_TABLE, table,
        catalog_name=name.catalog, schema_name=name.schema, name=name.model,
        storage_location=table.storage_location, data_source_format=table.data_source_format,
    )  # fmt: skip


def table_updated(actor: Actor, table: Table, **fields: str | None) -> None:
    record(actor, Action.UPDATE_TABLE, table, full_name_arg=table.full_name, **given(fields))


def table_deleted(actor: Actor, table: Table) -> None:
    record(actor, Action.DELETE_TABLE, table, full_name_arg=table.full_name)


def external_metadata_created(actor: Actor, metadata: ExternalMetadata) -> None:
    told = {"system_type": metadata.system_type, "entity_type": metadata.entity_type, "url": metadata.url}
    record(actor, Action.CREATE_EXTERNAL_METADATA, metadata, name=metadata.name, **told)


def external_metadata_updated(actor: Actor, metadata: ExternalMetadata, **fields: object) -> None:
    record(actor, Action.UPDATE_EXTERNAL_METADATA, metadata, name=metadata.name, **given(fields))


def external_metadata_deleted(actor: Actor, metadata: ExternalMetadata) -> None:
    record(actor, Action.DELETE_EXTERNAL_METADATA, metadata, name=metadata.name)
