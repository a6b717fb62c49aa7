"""What catalogs and schemas share: being renamed, described and handed over."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet, Value
from django.db.models.functions import Concat

from registry import authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Catalog, Metastore, Schema
from registry.services import ownership


def asked_changes(
    actor: Actor, container: Catalog | Schema, *, new_name: str | None, comment: str | None, owner: str | None
) -> dict[str, Any]:
    """The columns that a request changes, checked; what is None stays. A new owner wants a right of its own."""
    changes: dict[str, Any] = {}
    if new_name is not None:
        # A new name wants the right to create: otherwise it would tell whether a hidden object has it.
        parent, create = _parent_of(container)
        authorization.require(actor, create, parent)
        changes["name"] = names.object_name(new_name, f"{container.securable_type.lower()} name")
    if comment is not None:
        changes["comment"] = names.comment_text(comment)
    if owner is not None:
        authorization.require(actor, Operation.TRANSFER_OWNERSHIP, container)
        changes |= ownership.of(ownership.find_principal(owner))  # anybody: the limits are those of models
    return changes


def _parent_of(container: Catalog | Schema) -> tuple[Metastore | Catalog, Operation]:
    if isinstance(container, Schema):
        return container.catalog, Operation.CREATE_SCHEMA
    return Metastore.current(), Operation.CREATE_CATALOG


def rename_models(schemas: QuerySet[Schema]) -> None:
    """Write the full names of all models in ``schemas`` from the names of their containers, as they are by now."""
    for schema in schemas.select_related("catalog"):
        schema.registered_models.update(full_name=Concat(Value(f"{schema.full_name}."), "name"))
