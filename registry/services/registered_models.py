"""Registered models."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, InvalidParameterValue
from registry.models import Metastore, RegisteredModel, Schema
from registry.names import FullName
from registry.privileges import SecurableType
from registry.services import artifacts, ownership, quotas, tags


def list_registered_models(*, actor: Actor) -> QuerySet[RegisteredModel]:
    """Every model of the metastore whose metadata ``actor`` may read, by full name."""
    models = _registered_models().order_by("schema__catalog__name", "schema__name", "name")
    return authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, models)


def list_models_of_schema(*, actor: Actor, schema: Schema) -> QuerySet[RegisteredModel]:
    """The models of ``schema`` that ``actor`` may know of, by name."""
    return authorization.visible(actor, _registered_models().filter(schema=schema).order_by("name"))


def get_registered_model(*, actor: Actor, full_name: FullName) -> RegisteredModel:
    """The model of that name, if ``actor`` may know of it."""
    named = _registered_models().filter(
        schema__catalog__name=full_name.catalog, schema__name=full_name.schema, name=full_name.model
    )
    model = authorization.visible(actor, named).first()
    if model is None:
        raise authorization.no_such(SecurableType.FUNCTION, str(full_name))
    return model


def read_registered_model(*, actor: Actor, full_name: FullName) -> RegisteredModel:
    """The model of that name, if ``actor`` may read its metadata (BROWSE alone is not enough here)."""
    model = get_registered_model(actor=actor, full_name=full_name)
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    return model


def create_registered_model(
    *,
    actor: Actor,
    full_name: FullName,
    comment: str = "",
    model_tags: Mapping[str, str] | None = None,
    deployment_job_id: str = "",
) -> RegisteredModel:
    """Create a model; its creator owns it.

    That the name is taken is said before the right to create is asked for: MLflow's clients always create first
    and go on when the model exists. It is said to whoever sees the model or may create it, and to nobody else.
    """
    comment = names.comment_text(comment)
    schema = _schema_of_new(actor, full_name)
    _require_room(schema)
    taken = schema.registered_models.filter(name=full_name.model)
    if not authorization.allows(actor, Operation.CREATE_REGISTERED_MODEL, schema):
        taken = authorization.visible(actor, taken)
    if taken.exists():
        raise _already_exists(full_name.model)
    authorization.require(actor, Operation.CREATE_REGISTERED_MODEL, schema)
    try:
        with transaction.atomic():
            model = RegisteredModel.objects.create(
                schema=schema,
                name=full_name.model,
                comment=comment,
                deployment_job_id=deployment_job_id,
                **ownership.of_creator(actor),
            )
            audit.registered_model_created(actor, model)
            tags.add_first_tags(actor, model, model_tags or {})
    except IntegrityError as error:
        raise _already_exists(full_name.model) from error
    return model


def update_registered_model(
    *, actor: Actor, model: RegisteredModel, comment: str | None = None, deployment_job_id: str | None = None
) -> RegisteredModel:
    """Change the description or the deployment job; None leaves it, an empty text clears it."""
    authorization.require(actor, Operation.UPDATE_REGISTERED_MODEL, model)
    changes: dict[str, str] = {}
    if comment is not None:
        changes["comment"] = names.comment_text(comment)
    if deployment_job_id is not None:
        changes["deployment_job_id"] = deployment_job_id
    with transaction.atomic():
        model.change(actor.name, **changes)
        audit.registered_model_updated(actor, model, model.full_name, changes)
    return model


def rename_registered_model(*, actor: Actor, model: RegisteredModel, new_name: str) -> RegisteredModel:
    """Rename a model within its schema; ``new_name`` is bare, or a full name in the same schema."""
    authorization.require(actor, Operation.RENAME_REGISTERED_MODEL, model)
    old_name = model.name_parts
    name = FullName.parse(new_name) if "." in new_name else FullName.of(old_name.catalog, old_name.schema, new_name)
    if (name.catalog, name.schema) != (old_name.catalog, old_name.schema):
        raise InvalidParameterValue(
            "A model is renamed within its schema. To move it, copy its versions and delete it."
        )
    try:
        with transaction.atomic():
            model.change(actor.name, name=name.model)
            audit.registered_model_updated(actor, model, str(old_name), {"new_name": name.model})
    except IntegrityError as error:
        raise _already_exists(name.model) from error
    return model


def delete_registered_model(*, actor: Actor, model: RegisteredModel) -> None:
    """Delete a model with its versions, aliases, tags, grants and bytes."""
    authorization.require(actor, Operation.DELETE_REGISTERED_MODEL, model)
    with transaction.atomic():
        audit.registered_model_deleted(actor, model)
        artifacts.delete_later(actor, model.versions.all())
        model.delete()


def list_copy_destinations(*, actor: Actor) -> QuerySet[RegisteredModel]:
    """The models to which ``actor`` may add a version, by full name."""
    models = _registered_models().order_by("schema__catalog__name", "schema__name", "name")
    return authorization.permitted(actor, Operation.CREATE_MODEL_VERSION, models)


def _schema_of_new(actor: Actor, full_name: FullName) -> Schema:
    """The schema a new model is to lie in, if ``actor`` may know of it."""
    schemas = Schema.objects.select_related("catalog").filter(catalog__name=full_name.catalog, name=full_name.schema)
    schema = authorization.visible(actor, schemas).first()
    # Who sees a model in a schema may have no right on the schema itself beyond using it; USE makes it visible.
    if schema is None:
        raise authorization.no_such(SecurableType.SCHEMA, f"{full_name.catalog}.{full_name.schema}")
    return schema


def _require_room(schema: Schema) -> None:
    metastore = f"Metastore {Metastore.current().uid}"
    everything = RegisteredModel.objects.all()
    quotas.require_room("registered_models_per_metastore", "Registered Model", metastore, everything)
    here = schema.registered_models.all()
    quotas.require_room("registered_models_per_schema", "Registered Model", f"Schema {schema.full_name}", here)


def _registered_models() -> QuerySet[RegisteredModel]:
    return RegisteredModel.objects.select_related("schema__catalog", "owner_user", "owner_group")


def _already_exists(name: str) -> AlreadyExists:
    return AlreadyExists(f"Routine or Model '{name}' already exists")
