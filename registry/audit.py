"""One function per recorded event. An event of a change is written in the transaction of that change; one of a denied
attempt after the answer, when whatever had been begun is rolled back.

Action names and parameter keys follow Databricks' audit log, service ``unityCatalog``.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from registry import limits
from registry.actor import Actor, Denial
from registry.models import (
    AccessRequest,
    AuditEvent,
    Catalog,
    Metastore,
    ModelVersion,
    RegisteredModel,
    Schema,
    Securable,
)
from registry.privileges import SecurableType

logger = logging.getLogger(__name__)


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


def aliases_lost(actor: Actor, version: ModelVersion) -> None:
    """The aliases that go with a version: without these events nobody could tell later where they pointed."""
    for alias in version.aliases.all():
        alias_deleted(actor, version.registered_model, alias.name, version.version)


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


def access_requested(actor: Actor, request: AccessRequest) -> None:
    _record(actor, "requestAccess", request.securable, **_asked(request), comment=request.comment)


def access_decided(actor: Actor, request: AccessRequest) -> None:
    _record(
        actor, "decideAccessRequest", request.securable,
        **_asked(request), requester=request.requester.user_name, decision=request.state, reply=request.reply,
    )  # fmt: skip


def access_withdrawn(actor: Actor, request: AccessRequest) -> None:
    _record(actor, "withdrawAccessRequest", request.securable, **_asked(request))


def credential_vended(actor: Actor, version: ModelVersion, operation: str, path: str = "") -> None:
    one_file = {"path": path} if path else {}
    _record(actor, "generateTemporaryModelVersionCredential", version, operation=operation, **one_file)


def artifact_downloaded(actor: Actor, version: ModelVersion, path: str) -> None:
    _record(actor, "downloadModelVersionArtifact", version, path=path)


def lineage_recorded(actor: Actor, version: ModelVersion, entities: list[str]) -> None:
    _record(actor, "emitModelVersionLineage", version, entities=entities)


def signed_in(actor: Actor, method: str) -> None:
    _record(actor, "login", None, method=method)


def sign_in_denied(actor: Actor, method: str) -> None:
    """Somebody could not prove to be ``actor``; limited by address, as names can be invented."""
    recent = _denied_lately(action_name="login", source_address=actor.address)
    if _has_room(actor, recent, f"sign-ins from {actor.address}"):
        _write(actor, "login", None, {"method": method}, result=AuditEvent.Result.DENIED)


def token_created(actor: Actor, owner: str, comment: str, scope: str) -> None:
    _record(actor, "generateDbToken", None, user=owner, comment=comment, scope=str(scope))


def token_revoked(actor: Actor, owner: str, comment: str) -> None:
    _record(actor, "revokeDbToken", None, user=owner, comment=comment)


def oauth_secret_created(actor: Actor, owner: str, secret_id: str) -> None:
    _record(actor, "createServicePrincipalSecret", None, user=owner, secret_id=secret_id)


def oauth_secret_deleted(actor: Actor, owner: str, secret_id: str) -> None:
    _record(actor, "deleteServicePrincipalSecret", None, user=owner, secret_id=secret_id)


def principal_created(actor: Actor, principal: User | Group, **told: object) -> None:
    _record(actor, f"create{_kind_of(principal)}", None, name=str(principal), **told)


def principal_updated(actor: Actor, principal: User | Group, changed: object) -> None:
    _record(actor, f"update{_kind_of(principal)}", None, name=str(principal), changed=changed)


def principal_deleted(actor: Actor, principal: User | Group) -> None:
    _record(actor, f"delete{_kind_of(principal)}", None, name=str(principal))


def _kind_of(principal: User | Group) -> str:
    return "Group" if isinstance(principal, Group) else "User"


def _asked(request: AccessRequest) -> dict[str, Any]:
    return {
        "request_id": str(request.uid),
        "principal": str(request.principal),
        "privileges": request.privileges,
        "full_name_arg": request.securable.full_name,
    }


def _given(asked: dict[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in asked.items() if value is not None}


def record_denials(actor: Actor) -> None:
    """Write what has been refused to ``actor`` since the last time, up to the limit of a minute."""
    noted, actor.denials[:] = dict.fromkeys(actor.denials), []
    for denial in noted:
        subject = _subject_of(denial)
        if subject is None and denial.is_lookup:
            continue  # there was nothing to refuse
        # Failed sign-ins under this name are somebody else's, who must not use up the room.
        if _has_room(actor, _denied_lately(actor=actor.name).exclude(action_name="login"), f"attempts of {actor.name}"):
            _write(
                actor, denial.action_name, subject, {"full_name_arg": denial.full_name},
                result=AuditEvent.Result.DENIED, error_message=denial.message[:1000],
            )  # fmt: skip


def _denied_lately(**of: str) -> QuerySet[AuditEvent]:
    minute = timezone.now() - timedelta(minutes=1)
    return AuditEvent.objects.filter(at__gte=minute, result=AuditEvent.Result.DENIED, **of)


def _has_room(actor: Actor, recent: QuerySet[AuditEvent], whose: str) -> bool:
    """Whether one more denial is recorded. The first that is not leaves an event that says so, the rest the log."""
    if recent.count() < limits.DENIALS_PER_MINUTE:
        return True
    if not _denied_lately(action_name="denialsNotRecorded", actor=actor.name).exists():
        _write(actor, "denialsNotRecorded", None, {"whose": whose}, result=AuditEvent.Result.DENIED)
    logger.warning("Denied, and not recorded: %s.", whose)
    return False


def _subject_of(denial: Denial) -> Securable | None:
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
            return RegisteredModel.objects.select_related("schema__catalog").filter(full_name=name).first()


def _record(actor: Actor, action_name: str, subject: Securable | ModelVersion | None, **parameters: Any) -> None:
    if isinstance(subject, ModelVersion):
        model = subject.registered_model
        parameters = {"full_name_arg": model.full_name, "version_arg": str(subject.version), **parameters}
    _write(actor, action_name, subject, parameters)


def _write(
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
