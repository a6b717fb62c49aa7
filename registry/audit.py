"""One function per recorded event. An event of a change is written in the transaction of that change.

Action names and parameter keys follow Databricks' audit log, service ``unityCatalog``.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User
from registry.actor import Actor
from registry.models import AuditEvent, Catalog, ModelVersion, RegisteredModel, Schema, Securable


def catalog_created(actor: Actor, catalog: Catalog) -> None:
    _record(actor, "createCatalog", catalog, name=catalog.name, comment=catalog.comment)


def catalog_updated(actor: Actor, catalog: Catalog, **asked: str | None) -> None:
    _record(actor, "updateCatalog", catalog, name_arg=catalog.full_name, **_given(asked))


def catalog_deleted(actor: Actor, catalog: Catalog, *, force: bool) -> None:
    _record(actor, "deleteCatalog", catalog, name_arg=catalog.full_name, force=force)


def schema_created(actor: Actor, schema: Schema) -> None:
    _record(actor, "createSchema", schema, catalog_name=schema.catalog.name, name=schema.name, comment=schema.comment)


def schema_updated(actor: Actor, schema: Schema, **asked: str | None) -> None:
    _record(actor, "updateSchema", schema, full_name_arg=schema.full_name, **_given(asked))


def schema_deleted(actor: Actor, schema: Schema, *, force: bool) -> None:
    _record(actor, "deleteSchema", schema, full_name_arg=schema.full_name, force=force)


def registered_model_created(actor: Actor, model: RegisteredModel) -> None:
    name = model.name_parts
    _record(
        actor, "createRegisteredModel", model,
        catalog_name=name.catalog, schema_name=name.schema, name=name.model, comment=model.comment,
    )  # fmt: skip


def registered_model_updated(actor: Actor, model: RegisteredModel, **asked: str | None) -> None:
    _record(actor, "updateRegisteredModel", model, full_name_arg=model.full_name, **_given(asked))


def registered_model_deleted(actor: Actor, model: RegisteredModel) -> None:
    _record(actor, "deleteRegisteredModel", model, full_name_arg=model.full_name)


def model_version_created(actor: Actor, version: ModelVersion) -> None:
    name = version.registered_model.name_parts
    _record(
        actor, "createModelVersion", version,
        catalog_name=name.catalog, schema_name=name.schema, model_name=name.model,
        source=version.source, run_id=version.run_id,
    )  # fmt: skip


def model_version_copy_requested(actor: Actor, source: ModelVersion, target: ModelVersion) -> None:
    _record(
        actor, "copyModelVersion", target,
        source_full_name=source.registered_model.full_name, source_version=str(source.version),
    )  # fmt: skip


def model_version_updated(actor: Actor, version: ModelVersion, changes: dict[str, str]) -> None:
    _record(actor, "updateModelVersion", version, **changes)


def model_version_finalized(actor: Actor, version: ModelVersion) -> None:
    _record(actor, "finalizeModelVersion", version, status=version.status)


def model_version_failed(actor: Actor, version: ModelVersion) -> None:
    _record(actor, "failModelVersion", version, status=version.status, status_message=version.status_message)


def model_version_expired(actor: Actor, version: ModelVersion) -> None:
    _record(actor, "deleteModelVersion", version, reason="nobody finalized it")


def model_version_deleted(actor: Actor, version: ModelVersion) -> None:
    _record(actor, "deleteModelVersion", version)


def alias_set(actor: Actor, model: RegisteredModel, alias: str, version: int, previous: int | None) -> None:
    _record(
        actor, "setRegisteredModelAlias", model, full_name_arg=model.full_name,
        alias_arg=alias, version_num=version, previous_version_num=previous,
    )  # fmt: skip


def alias_deleted(actor: Actor, model: RegisteredModel, alias: str, version: int) -> None:
    _record(
        actor, "deleteRegisteredModelAlias", model, full_name_arg=model.full_name, alias_arg=alias, version_num=version
    )


def tags_changed(
    actor: Actor, subject: Catalog | Schema | RegisteredModel | ModelVersion, added: dict[str, str], removed: list[str]
) -> None:
    action = "Subentity" if isinstance(subject, ModelVersion) else "Securable"
    _record(actor, f"UpdateTag{action}Assignments", subject, added=added, removed=removed)


def tag_policy_created(actor: Actor, tag_key: str, values: list[str]) -> None:
    _record(actor, "createTagPolicy", None, tag_key=tag_key, values=values)


def tag_policy_updated(actor: Actor, tag_key: str, values: list[str]) -> None:
    _record(actor, "updateTagPolicy", None, tag_key=tag_key, values=values)


def tag_policy_deleted(actor: Actor, tag_key: str) -> None:
    _record(actor, "deleteTagPolicy", None, tag_key=tag_key)


def permissions_updated(actor: Actor, securable: Securable, changes: list[dict[str, Any]]) -> None:
    _record(
        actor, "updatePermissions", securable, securable_type=securable.securable_type,
        securable_full_name=securable.full_name, changes=changes,
    )  # fmt: skip


def credential_vended(actor: Actor, version: ModelVersion, operation: str) -> None:
    _record(actor, "generateTemporaryModelVersionCredential", version, operation=operation)


def lineage_recorded(actor: Actor, version: ModelVersion, entities: list[str]) -> None:
    _record(actor, "emitModelVersionLineage", version, entities=entities)


def token_created(actor: Actor, owner: str, comment: str) -> None:
    _record(actor, "generateDbToken", None, user=owner, comment=comment)


def token_revoked(actor: Actor, owner: str, comment: str) -> None:
    _record(actor, "revokeDbToken", None, user=owner, comment=comment)


def oauth_secret_created(actor: Actor, owner: str, secret_id: str) -> None:
    _record(actor, "createServicePrincipalSecret", None, user=owner, secret_id=secret_id)


def oauth_secret_deleted(actor: Actor, owner: str, secret_id: str) -> None:
    _record(actor, "deleteServicePrincipalSecret", None, user=owner, secret_id=secret_id)


def principal_created(actor: Actor, principal: User | Group) -> None:
    _record(actor, f"create{type(principal).__name__}", None, name=str(principal))


def principal_updated(actor: Actor, principal: User | Group, changed: object) -> None:
    _record(actor, f"update{type(principal).__name__}", None, name=str(principal), changed=changed)


def principal_deleted(actor: Actor, principal: User | Group) -> None:
    _record(actor, f"delete{type(principal).__name__}", None, name=str(principal))


def _given(asked: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value is not None}


def _record(actor: Actor, action_name: str, subject: Securable | ModelVersion | None, **parameters: Any) -> None:
    if isinstance(subject, ModelVersion):
        model = subject.registered_model
        parameters = {"full_name_arg": model.full_name, "version_arg": str(subject.version), **parameters}
    AuditEvent.objects.create(
        action_name=action_name,
        actor=actor.name,
        on_behalf_of=actor.on_behalf_of,
        source_address=actor.address,
        user_agent=actor.user_agent[:512],
        request_id=actor.request_id,
        securable_type=_type_of(subject),
        securable_uid=subject.uid if subject else None,
        securable_name=str(subject or ""),
        parameters=parameters,
    )


def _type_of(subject: Securable | ModelVersion | None) -> str:
    if subject is None:
        return ""
    return "MODEL_VERSION" if isinstance(subject, ModelVersion) else str(subject.securable_type)
