"""Registered models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from accounts.models import stands_for
from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, InvalidParameterValue, InvalidState
from registry.models import Catalog, Metastore, RegisteredModel, Schema, locks
from registry.names import FullName
from registry.search import search
from registry.services.hierarchy import schemas
from registry.services.labels import tags
from registry.services.shared import counters, finders, naming, ownership, quotas
from registry.services.trash import keeping
from registry.storage import new_location


def list_registered_models(
    *, actor: Actor, where: str = "", namespace: Sequence[str] = ()
) -> QuerySet[RegisteredModel]:
    """Return every model of the metastore whose metadata ``actor`` may read and that the filter ``where`` finds."""
    return authorization.permitted(
        actor, Operation.READ_REGISTERED_MODEL, search(_by_full_name(), where, namespace), listing=True
    )


def list_known_models(*, actor: Actor) -> QuerySet[RegisteredModel]:
    """Return every model of the metastore that ``actor`` can see, even if only by BROWSE, by full name."""
    return authorization.visible(actor, _by_full_name(), listing=True)


def search_known_models(*, actor: Actor, where: str) -> QuerySet[RegisteredModel]:
    """Return those of the models of ``list_known_models`` that the filter ``where`` asks for."""
    return authorization.visible(actor, search(_by_full_name(), where), listing=True)


def only_browsed(*, actor: Actor, models: Sequence[RegisteredModel]) -> set[int]:
    """Return the keys of ``models`` whose metadata ``actor`` may not read: only BROWSE shows them."""
    keys = {model.pk for model in models}
    readable = authorization.permitted(
        actor, Operation.READ_REGISTERED_MODEL, RegisteredModel.objects.filter(pk__in=keys)
    )
    return keys - set(readable.values_list("pk", flat=True))


def list_models_of_schema(*, actor: Actor, schema: Schema) -> QuerySet[RegisteredModel]:
    """Return the models of ``schema`` that ``actor`` can see, by name."""
    models = schema.registered_models.select_related("owner_user", "owner_group")
    return authorization.visible(actor, models.order_by("name"))


def list_models_of_catalog(*, actor: Actor, catalog: Catalog) -> QuerySet[RegisteredModel]:
    """Return the models of ``catalog`` that ``actor`` can see, by full name."""
    return authorization.visible(actor, _by_full_name().filter(schema__catalog=catalog))


def location_of(model: RegisteredModel) -> str:
    """Return a location of the model, for clients that expect one. Nothing is stored there: versions have their own."""
    return new_location(model.uid)


def permission_level(*, actor: Actor, model: RegisteredModel) -> str:
    """Return what ``actor``, who reads the model, may do with it, in the levels of Databricks' workspace registry."""
    if authorization.allows(actor, Operation.MANAGE_GRANTS, model):
        return "CAN_MANAGE"
    return "CAN_EDIT" if authorization.allows(actor, Operation.UPDATE_REGISTERED_MODEL, model) else "CAN_READ"


def create_registered_model(
    *,
    actor: Actor,
    full_name: FullName,
    comment: str = "",
    model_tags: Mapping[str, str] | None = None,
    deployment_job_id: str = "",
) -> RegisteredModel:
    """Create a model; its creator owns it.

    Quotas are asked last. Databricks asks them before it says that a model exists, which at the limit keeps its
    own clients from adding versions to models that are there.
    """
    schema = finders.get_schema(actor=actor, catalog=full_name.catalog, name=full_name.schema)
    taken, message = schema.registered_models.filter(name=full_name.model), _already_exists(full_name.model)
    names.new_object_name(full_name.model, "model name")
    naming.require_free(actor, Operation.CREATE_REGISTERED_MODEL, schema, taken, message)
    with naming.unless_taken(message):
        schema = schemas.share_names(actor, schema)
        _require_room(schema)
        named = {"name": full_name.model, "filed_as": f"{schema.full_name}.{full_name.model}"}
        described = {"comment": names.comment_text(comment), "deployment_job_id": deployment_job_id}
        model = RegisteredModel.objects.create(schema=schema, **named, **described, **ownership.of_creator(actor))
        audit.registered_model_created(actor, model)
        tags.add_first_tags(actor, model, model_tags or {})
        counters.add(model)  # last: other models wait for it
    return model


def ensure_registered_model(
    *, actor: Actor, full_name: FullName, comment: str = "", model_tags: Mapping[str, str] | None = None
) -> RegisteredModel:
    """Return the model of that name, which is created if need be: then with this description and these tags."""
    try:
        return create_registered_model(actor=actor, full_name=full_name, comment=comment, model_tags=model_tags)
    except AlreadyExists:
        return finders.get_registered_model(actor=actor, full_name=full_name)


def update_registered_model(
    *,
    actor: Actor,
    model: RegisteredModel,
    new_name: str | None = None,
    comment: str | None = None,
    deployment_job_id: str | None = None,
    owner: str | None = None,
) -> RegisteredModel:
    """Rename a model, describe it, hand it over, or connect a deployment job: all of it or nothing.

    None leaves a value and an empty text clears it. ``new_name`` is bare, or a full name in the same schema.
    """
    authorization.require(actor, Operation.UPDATE_REGISTERED_MODEL, model)
    changes = _requested_changes(actor, model, new_name, comment, owner)
    if deployment_job_id is not None:
        changes["deployment_job_id"] = deployment_job_id
    with naming.unless_taken(_already_exists(changes.get("name", ""))):
        if "name" in changes:
            model.schema = schemas.share_names(actor, model.schema)
            changes["filed_as"] = f"{model.schema.full_name}.{changes['name']}"
        if changes:
            audit.registered_model_updated(
                actor, model, new_name=new_name, comment=comment, deployment_job_id=deployment_job_id, owner=owner
            )
            model.change(actor.name, **changes)
    return model


def _requested_changes(
    actor: Actor, model: RegisteredModel, new_name: str | None, comment: str | None, owner: str | None
) -> dict[str, Any]:
    """The columns that a request changes, checked; what is None stays."""
    changes: dict[str, Any] = {}
    if new_name is not None:
        authorization.require(actor, Operation.RENAME_REGISTERED_MODEL, model)
        changes["name"] = _new_name(model, new_name)
    if comment is not None:
        changes["comment"] = names.comment_text(comment)
    if owner is not None:
        changes |= _new_owner(actor, model, owner)
    return changes


def delete_registered_model(*, actor: Actor, model: RegisteredModel, force: bool = True) -> None:
    """Delete a model with its versions, aliases, tags, grants and bytes; without ``force`` only if it has no version.

    Databricks' clients do not ask for force, and mean it. All of it goes into the trash.
    """
    delete_registered_models(actor=actor, models=[model], force=force)


def delete_registered_models(*, actor: Actor, models: Sequence[RegisteredModel], force: bool = True) -> None:
    """Delete several models, with all that ``delete_registered_model`` deletes: all of them, or none."""
    for model in models:
        authorization.require(actor, Operation.DELETE_REGISTERED_MODEL, model)
    with transaction.atomic():
        locks.share_principals()
        for schema in sorted({model.schema for model in models}, key=lambda schema: schema.pk):
            locks.hold(schema)
        locks.going_models(RegisteredModel.objects.filter(pk__in=[model.pk for model in models]))
        for model in sorted(models, key=lambda model: model.pk):
            locks.going(model)  # if two delete it at once, the second one finds nothing
            if not force and model.versions.exists():
                raise InvalidState(f"Routine or Model '{model}' has versions. Delete them first, or use force.")
            audit.registered_model_deleted(actor, model)
            counters.remove(model)
        keeping.delete(actor, *((model, model.versions.all()) for model in models))


def _new_name(model: RegisteredModel, new_name: str) -> str:
    """The last part of the name that ``new_name`` asks for; Unity Catalog moves nothing between schemas."""
    now = model.name_parts
    named = FullName.parse(new_name) if "." in new_name else FullName.of(now.catalog, now.schema, new_name)
    if (named.catalog, named.schema) != (now.catalog, now.schema):
        raise InvalidParameterValue(
            "A model is renamed within its schema. To move it, copy its versions and delete it."
        )
    return names.new_object_name(named.model, "model name")


def _new_owner(actor: Actor, model: RegisteredModel, owner: str) -> dict[str, Any]:
    """The columns of the owner's change. Only an administrator may give a model to just anyone.

    Others may take it themselves, or give it to a group that they are in (Manage privileges in Unity Catalog).
    """
    authorization.require(actor, Operation.TRANSFER_OWNERSHIP, model)
    principal = ownership.find_principal(owner)
    if not stands_for(actor.principal, principal) and not authorization.is_administrator(actor):
        message = "A model can be handed over to oneself or to a group that one is in."
        raise authorization.refusal(actor, Operation.TRANSFER_OWNERSHIP, model, message)
    return ownership.of(principal)


def _require_room(schema: Schema) -> None:
    metastore = Metastore.current()
    quotas.require_room("registered_models_per_schema", "Registered Model", f"Schema {schema.full_name}", schema)
    quotas.require_room("registered_models_per_metastore", "Registered Model", f"Metastore {metastore.uid}", metastore)


def _by_full_name() -> QuerySet[RegisteredModel]:
    return finders.registered_models().order_by("filed_as", "pk")


def _already_exists(name: str) -> str:
    return f"Routine or Model '{name}' already exists"
