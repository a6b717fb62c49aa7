"""What catalogs and schemas share: being renamed, described and handed over."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict

from django.db.models import QuerySet

from registry import authorization, names, queue
from registry.actor import Actor
from registry.authorization import Operation
from registry.kinds import right_to_create
from registry.models import Catalog, Job, Schema, Table, locks
from registry.services.shared import graph, ownership, placement


class Described(TypedDict, total=False):
    """What a request says of a container, besides its name; what is None or absent stays."""

    comment: str | None
    owner: str | None
    properties: Mapping[str, str] | None
    storage_root: str | None


def described(comment: str, properties: Mapping[str, str] | None, storage_root: str | None) -> dict[str, Any]:
    """Return the columns by which a new container is described, checked."""
    return {
        "comment": names.comment_text(comment),
        "properties": names.properties(properties or {}),
        "storage_root": placement.storage_root(storage_root),
    }


def requested_changes(
    actor: Actor,
    container: Catalog | Schema,
    *,
    new_name: str | None,
    comment: str | None = None,
    owner: str | None = None,
    properties: Mapping[str, str] | None = None,
    storage_root: str | None = None,
) -> dict[str, Any]:
    """Return the columns that a request changes, checked; what is None stays. A new owner needs a separate right."""
    changes: dict[str, Any] = {}
    if new_name is not None:
        # A new name needs the right to create: otherwise it would reveal whether a hidden object has it.
        authorization.require(actor, *right_to_create(container))
        changes["name"] = names.new_object_name(new_name, f"{container.securable_type.lower()} name")
    if comment is not None:
        changes["comment"] = names.comment_text(comment)
    if properties is not None:
        changes["properties"] = names.properties(properties)
    if storage_root is not None and storage_root != container.storage_root:  # what is there stays
        if isinstance(container, Schema):
            authorization.require(actor, Operation.UPDATE_CATALOG, container.catalog)
        changes["storage_root"] = placement.storage_root(storage_root)
    if owner is not None:
        authorization.require(actor, Operation.TRANSFER_OWNERSHIP, container)
        changes |= ownership.of(ownership.find_principal(owner))  # anyone: the limits are those of models
    return changes


def going_tables(tables: QuerySet[Table]) -> None:
    """Hold ``tables``, which are deleted with what they are in, and let their lineage keep their names."""
    locks.going_all(tables)
    graph.keep_table_names(tables)


def refile_later(actor: Actor, container: Catalog | Schema) -> None:
    """Queue that the models in ``container``, which the caller has renamed in this transaction, are filed again."""
    job = Job.objects.create(
        kind=Job.Kind.REFILE,
        created_by=actor.principal,
        requested_by=actor.name,
        title=f"File the models of {container.securable_type.words} {container} under its new name",
        container_uid=container.uid,
    )
    queue.enqueue(job)
