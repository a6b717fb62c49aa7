"""Writing events. What each event tells: see ``registry.audit``."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from registry.actor import Actor
from registry.denials import Denial
from registry.models import AuditEvent, Catalog, Metastore, ModelVersion, RegisteredModel, Schema, Securable
from registry.models.filing import named
from registry.names import FullName
from registry.privileges import SecurableType


def subject_of(denial: Denial) -> Securable | None:
    """The securable that ``denial`` names, if there is one."""
    name = denial.full_name.lower()
    match denial.securable_type:
        case SecurableType.METASTORE:
            return Metastore.current() if name == Metastore.current().full_name else None
        case SecurableType.CATALOG:
            return Catalog.objects.filter(name=name).first()
        case SecurableType.SCHEMA:
            catalog, _, schema = name.partition(".")
            return Schema.objects.select_related("catalog").filter(catalog__name=catalog, name=schema).first()
        case SecurableType.FUNCTION:
            if name.count(".") != 2:
                return None
            models = RegisteredModel.objects.select_related("schema__catalog")
            return models.filter(named(FullName(*name.split(".")))).first()
        case None:
            return None


def record(actor: Actor, action_name: str, subject: Securable | ModelVersion | None, **parameters: Any) -> None:
    if isinstance(subject, ModelVersion):
        model = subject.registered_model
        parameters = {"full_name_arg": model.full_name, "version_arg": str(subject.version), **parameters}
    write(actor, action_name, subject, parameters)


def write(
    actor: Actor,
    action_name: str,
    subject: Securable | ModelVersion | None,
    parameters: dict[str, Any],
    **outcome: str,
) -> None:
    event = AuditEvent(
        action_name=action_name,
        actor=actor.name,
        on_behalf_of=actor.on_behalf_of,
        source_address=actor.address[:64],
        user_agent=actor.user_agent[:512],
        request_id=actor.request_id,
        securable_type=_type_of(subject),
        securable_uid=subject.uid if subject else None,
        securable_name=str(subject or ""),
        parameters=parameters,
        **_places(subject),
        **outcome,
    )
    event.sign().save(force_insert=True)


def _places(subject: Securable | ModelVersion | None) -> dict[str, UUID | None]:
    """Where ``subject`` lies: the uids of the containers, and of the model, that it is or is in."""
    model = subject.registered_model if isinstance(subject, ModelVersion) else subject
    schema = model.schema if isinstance(model, RegisteredModel) else model
    catalog = schema.catalog if isinstance(schema, Schema) else schema
    return {
        "registered_model_uid": model.uid if isinstance(model, RegisteredModel) else None,
        "schema_uid": schema.uid if isinstance(schema, Schema) else None,
        "catalog_uid": catalog.uid if isinstance(catalog, Catalog) else None,
    }


def _type_of(subject: Securable | ModelVersion | None) -> str:
    if subject is None:
        return ""
    return "MODEL_VERSION" if isinstance(subject, ModelVersion) else str(subject.securable_type)
