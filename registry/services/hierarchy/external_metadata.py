"""External metadata: what is in other systems, named here so that lineage can lead from it and to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import EVERYONE
from registry import authorization, limits, names
from registry.actor import Actor
from registry.audit import elsewhere as events
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import ExternalMetadata, Metastore, locks, rewrite_grants
from registry.privileges import Privilege, SecurableType
from registry.services.shared import graph, naming, ownership

SYSTEMS = (
    "AMAZON_REDSHIFT", "AZURE_SYNAPSE", "CONFLUENT", "DATABRICKS", "GOOGLE_BIGQUERY", "KAFKA", "LOOKER",
    "MICROSOFT_FABRIC", "MICROSOFT_SQL_SERVER", "MONGODB", "MYSQL", "ORACLE", "OTHER", "POSTGRESQL", "POWER_BI",
    "SALESFORCE", "SAP", "SERVICENOW", "SNOWFLAKE", "STREAM_NATIVE", "TABLEAU", "TERADATA", "WORKDAY",
)  # fmt: skip
"""The systems that databricks-sdk names."""


@dataclass(frozen=True)
class Described:
    """What is said of new external metadata besides its name. ``columns`` are names."""

    system_type: str
    entity_type: str
    url: str = ""
    comment: str = ""
    columns: Sequence[str] = ()
    properties: Mapping[str, str] = field(default_factory=dict)


def list_external_metadata(*, actor: Actor) -> QuerySet[ExternalMetadata]:
    """Return the external metadata that ``actor`` may read, by name."""
    return authorization.permitted(actor, Operation.READ_EXTERNAL_METADATA, _rows().order_by("name"), listing=True)


def get_external_metadata(*, actor: Actor, name: str) -> ExternalMetadata:
    """Return the external metadata of that name, if ``actor`` may read it: otherwise it does not exist."""
    rows = _rows().filter(name=names.object_name(name, "external metadata name"))
    found = authorization.permitted(actor, Operation.READ_EXTERNAL_METADATA, rows).first()
    if found is None:
        raise authorization.no_such(actor, SecurableType.EXTERNAL_METADATA, name)
    return found


def create_external_metadata(
    *, actor: Actor, name: str, described: Described, owner: str | None = None
) -> ExternalMetadata:
    """Create external metadata. Its creator owns it, unless another is named; everyone may BROWSE it at first.

    (As databricks-sdk's documentation has it: the privilege is granted when it is created, and can be revoked.)
    """
    name, message = names.new_object_name(name, "external metadata name"), f"External metadata '{name}' already exists"
    columns, taken = _checked(**vars(described)), ExternalMetadata.objects.filter(name=name)
    naming.require_free(actor, Operation.CREATE_EXTERNAL_METADATA, Metastore.current(), taken, message)
    with naming.unless_taken(message):
        owned = ownership.of_creator(actor) | (ownership.of(ownership.find_principal(owner)) if owner else {})
        metadata = ExternalMetadata.objects.create(name=name, **columns, **owned)
        rewrite_grants(metadata, ownership.find_principal(EVERYONE), add={Privilege.BROWSE.codename}, remove=set())
        graph.add_external(metadata)
        events.external_metadata_created(actor, metadata)
    return metadata


def update_external_metadata(
    *, actor: Actor, metadata: ExternalMetadata, owner: str | None = None, **described: Any
) -> ExternalMetadata:
    """Change external metadata, or hand it over; what is absent or None stays. Keywords are those of ``Described``."""
    given = {name: value for name, value in described.items() if value is not None}
    if given or owner is None:
        authorization.require(actor, Operation.UPDATE_EXTERNAL_METADATA, metadata)
    changes = _checked(**given)
    if owner is not None:
        authorization.require(actor, Operation.TRANSFER_OWNERSHIP, metadata)
        changes |= ownership.of(ownership.find_principal(owner))
    if changes:
        with transaction.atomic():
            events.external_metadata_updated(actor, metadata, owner=owner, **given)
            metadata.change(actor.name, **changes)
    return metadata


def delete_external_metadata(*, actor: Actor, metadata: ExternalMetadata) -> None:
    """Delete external metadata, with its grants. Its lineage stays, under the name that it had."""
    authorization.require(actor, Operation.DELETE_EXTERNAL_METADATA, metadata)
    with transaction.atomic():
        locks.share_principals()
        locks.going(metadata)
        events.external_metadata_deleted(actor, metadata)
        metadata.delete()


def _rows() -> QuerySet[ExternalMetadata]:
    return ExternalMetadata.objects.select_related("owner_user", "owner_group")


def _checked(**told: Any) -> dict[str, Any]:
    """Return what was given as columns of the row; InvalidParameterValue for what cannot be."""
    return {name: _CHECKS[name](value) for name, value in told.items()}


def _system(text: str) -> str:
    if text not in SYSTEMS:
        raise InvalidParameterValue(f"The system is one of {', '.join(SYSTEMS)}.")
    return text


def _entity(text: str) -> str:
    cleaned = names.plain_text(text, limits.NAME_LENGTH).strip()
    if not cleaned:
        raise InvalidParameterValue(f"The type of an entity has 1 to {limits.NAME_LENGTH} characters.")
    return cleaned


def _columns(columns: Sequence[str]) -> list[str]:
    if len(columns) > limits.COLUMNS or any(not names.plain_text(column, limits.NAME_LENGTH) for column in columns):
        raise InvalidParameterValue(
            f"There are at most {limits.COLUMNS} columns, with names of 1 to {limits.NAME_LENGTH} characters."
        )
    return list(columns)


_CHECKS: dict[str, Any] = {
    "system_type": _system,
    "entity_type": _entity,
    "url": lambda text: names.location(text) if text else "",
    "comment": names.comment_text,
    "columns": _columns,
    "properties": names.properties,
}
