"""One function per recorded event. An event of a change is written in the transaction of that change; one of a denied
attempt after the answer, when everything that was begun has been rolled back.

Action names and parameter keys follow Databricks' audit log, service ``unityCatalog``.
"""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import Group

from accounts.models import User
from registry.actor import Actor
from registry.audit.actions import Action
from registry.audit.denials import has_pending, record_denials, refused, take_denials, write_pending
from registry.audit.folding import fold_denials
from registry.audit.recording import given, record
from registry.denials import Attempt, Denial, DenialKind
from registry.models import (
    AccessRequest,
    Catalog,
    DiscussionComment,
    Governed,
    Metastore,
    ModelVersion,
    RegisteredModel,
    Schema,
    Securable,
)

__all__ = [  # and every function below
    "fold_denials",
    "has_pending",
    "record_denials",
    "refused",
    "take_denials",
    "write_pending",
]


def metastore_updated(actor: Actor, metastore: Metastore, **fields: object) -> None:
    record(actor, Action.UPDATE_METASTORE, metastore, **fields)


def catalog_created(actor: Actor, catalog: Catalog) -> None:
    placed = given({"storage_root": catalog.storage_root or None})
    record(actor, Action.CREATE_CATALOG, catalog, name=catalog.name, comment=catalog.comment, **placed)


def catalog_updated(actor: Actor, catalog: Catalog, **fields: object) -> None:
    record(actor, Action.UPDATE_CATALOG, catalog, name_arg=catalog.full_name, **given(fields))


def catalog_deleted(actor: Actor, catalog: Catalog, *, force: bool) -> None:
    record(actor, Action.DELETE_CATALOG, catalog, name_arg=catalog.full_name, force=force)


def schema_created(actor: Actor, schema: Schema) -> None:
    described = {"name": schema.name, "comment": schema.comment, **given({"storage_root": schema.storage_root or None})}
    record(actor, Action.CREATE_SCHEMA, schema, catalog_name=schema.catalog.name, **described)


def schema_updated(actor: Actor, schema: Schema, **fields: object) -> None:
    record(actor, Action.UPDATE_SCHEMA, schema, full_name_arg=schema.full_name, **given(fields))


def schema_deleted(actor: Actor, schema: Schema, *, force: bool) -> None:
    record(actor, Action.DELETE_SCHEMA, schema, full_name_arg=schema.full_name, force=force)


def registered_model_created(actor: Actor, model: RegisteredModel) -> None:
    name = model.name_parts
    record(
        actor, Action.CREATE_REGISTERED_MODEL, model,
        catalog_name=name.catalog, schema_name=name.schema, name=name.model, comment=model.comment,
    )  # fmt: skip


def registered_model_updated(actor: Actor, model: RegisteredModel, **fields: object) -> None:
    record(actor, Action.UPDATE_REGISTERED_MODEL, model, full_name_arg=model.full_name, **given(fields))


def registered_model_deleted(actor: Actor, model: RegisteredModel) -> None:
    record(actor, Action.DELETE_REGISTERED_MODEL, model, full_name_arg=model.full_name)


def model_version_created(actor: Actor, version: ModelVersion) -> None:
    name = version.registered_model.name_parts
    record(
        actor, Action.CREATE_MODEL_VERSION, version,
        catalog_name=name.catalog, schema_name=name.schema, model_name=name.model,
        source=version.source, run_id=version.run_id,
    )  # fmt: skip


def model_version_copy_requested(actor: Actor, source: ModelVersion, target: ModelVersion) -> None:
    record(
        actor, Action.COPY_MODEL_VERSION, target,
        source_full_name=source.registered_model.full_name, source_version=str(source.version),
    )  # fmt: skip


def model_version_updated(actor: Actor, version: ModelVersion, changes: dict[str, str]) -> None:
    record(actor, Action.UPDATE_MODEL_VERSION, version, **changes)


def model_version_finalized(actor: Actor, version: ModelVersion, files: int) -> None:
    size = version.size or 0
    record(actor, Action.FINALIZE_MODEL_VERSION, version, status=version.status, files=files, size_bytes=size)


def artifacts_written(
    actor: Actor, version: ModelVersion, outcome: str, files: list[dict[str, Any]], *, part: int, parts: int
) -> None:
    """Record what was written to a version while it was registered. ``actor`` has ended that; each file has its own."""
    several = {"part": part, "parts": parts} if parts > 1 else {}
    record(actor, Action.WRITE_MODEL_VERSION_ARTIFACTS, version, outcome=outcome, files=files, **several)


def model_version_failed(actor: Actor, version: ModelVersion) -> None:
    record(actor, Action.FAIL_MODEL_VERSION, version, status=version.status, status_message=version.status_message)


def model_version_expired(actor: Actor, version: ModelVersion) -> None:
    record(actor, Action.DELETE_MODEL_VERSION, version, reason="nobody finalized it")


def model_version_deleted(actor: Actor, version: ModelVersion) -> None:
    record(actor, Action.DELETE_MODEL_VERSION, version)


def alias_set(actor: Actor, model: RegisteredModel, alias: str, version: int, previous: int | None) -> None:
    record(
        actor, Action.SET_REGISTERED_MODEL_ALIAS, model, full_name_arg=model.full_name,
        alias_arg=alias, version_num=version, previous_version_num=previous,
    )  # fmt: skip


def aliases_lost(actor: Actor, version: ModelVersion) -> None:
    """Record the aliases that go with a version: without these events no one could say later where they pointed."""
    for alias in version.aliases.all():
        alias_deleted(actor, version.registered_model, alias.name, version.version)


def alias_deleted(actor: Actor, model: RegisteredModel, alias: str, version: int) -> None:
    record(
        actor,
        Action.DELETE_REGISTERED_MODEL_ALIAS,
        model,
        full_name_arg=model.full_name,
        alias_arg=alias,
        version_num=version,
    )


def tags_changed(
    actor: Actor, subject: Catalog | Schema | RegisteredModel | ModelVersion, added: dict[str, str], removed: list[str]
) -> None:
    is_version = isinstance(subject, ModelVersion)
    action = Action.UPDATE_TAG_SUBENTITY_ASSIGNMENTS if is_version else Action.UPDATE_TAG_SECURABLE_ASSIGNMENTS
    record(actor, action, subject, added=added, removed=removed)


def tag_policy_created(actor: Actor, tag_key: str, values: list[str], assigners: list[str]) -> None:
    record(actor, Action.CREATE_TAG_POLICY, None, tag_key=tag_key, values=values, assigners=assigners)


def tag_policy_updated(actor: Actor, tag_key: str, values: list[str], assigners: list[str] | None) -> None:
    """Record a change of a policy. ``assigners``: who may assign the tag from now on; None where that is unchanged."""
    listed = {} if assigners is None else {"assigners": assigners}
    record(actor, Action.UPDATE_TAG_POLICY, None, tag_key=tag_key, values=values, **listed)


def tag_policy_deleted(actor: Actor, tag_key: str) -> None:
    record(actor, Action.DELETE_TAG_POLICY, None, tag_key=tag_key)


def permissions_updated(actor: Actor, securable: Securable, changes: list[dict[str, Any]]) -> None:
    record(
        actor, Action.UPDATE_PERMISSIONS, securable, securable_type=securable.securable_type,
        securable_full_name=securable.full_name, changes=changes,
    )  # fmt: skip


def access_requested(actor: Actor, request: AccessRequest) -> None:
    record(actor, Action.REQUEST_ACCESS, request.securable, **_asked(request), comment=request.comment)


def access_decided(actor: Actor, request: AccessRequest, decision: str) -> None:
    record(
        actor, Action.DECIDE_ACCESS_REQUEST, request.securable,
        **_asked(request), requester=request.requester.user_name, decision=decision, reply=request.reply,
    )  # fmt: skip


def access_withdrawn(actor: Actor, request: AccessRequest) -> None:
    record(actor, Action.WITHDRAW_ACCESS_REQUEST, request.securable, **_asked(request))


def comment_added(actor: Actor, comment: DiscussionComment) -> None:
    """Record a comment without its text: a comment that is taken away is to be gone."""
    record(actor, Action.CREATE_COMMENT, comment.subject, comment_id=str(comment.uid))


def comment_edited(actor: Actor, comment: DiscussionComment) -> None:
    record(actor, Action.UPDATE_COMMENT, comment.subject, comment_id=str(comment.uid))


def comment_deleted(actor: Actor, comment: DiscussionComment) -> None:
    record(actor, Action.DELETE_COMMENT, comment.subject, comment_id=str(comment.uid), author=comment.author_name)


def description_suggested(actor: Actor, subject: Governed, model: str) -> None:
    """Record that metadata of ``subject`` went to a language model."""
    record(actor, Action.GENERATE_COMMENT, subject, full_name_arg=str(subject), model=model)


def credential_vended(actor: Actor, version: ModelVersion, operation: str, path: str = "") -> None:
    one_file = {"path": path} if path else {}
    record(actor, Action.GENERATE_TEMPORARY_MODEL_VERSION_CREDENTIAL, version, operation=operation, **one_file)


def artifact_read(actor: Actor, version: ModelVersion, path: str, *, only_looks: bool = False) -> None:
    action = Action.VIEW_MODEL_VERSION_ARTIFACT if only_looks else Action.DOWNLOAD_MODEL_VERSION_ARTIFACT
    record(actor, action, version, path=path)


def signed_in(actor: Actor, method: str) -> None:
    record(actor, Action.LOGIN, None, method=method)


def signed_out(actor: Actor) -> None:
    record(actor, Action.LOGOUT, None)


def sessions_ended(actor: Actor, count: int, of: User | None = None) -> None:
    """Record that sessions of the actor, or those ``of`` someone else, have ended."""
    record(actor, Action.LOGOUT, None, sessions=count, **({"user": of.user_name} if of else {}))


def sign_in_denied(actor: Actor, method: str, message: str = "", kind: DenialKind = DenialKind.FAILED_SIGN_IN) -> None:
    """Record that someone could not prove to be ``actor``, which a service may have noted already."""
    if not actor.denials:
        actor.denials.append(Denial(kind, Action.LOGIN, None, actor.name, message, method=method))
    take_denials(actor)


def proof_denied(actor: Actor, method: str) -> None:
    """Record that the user of ``actor``'s session could not prove to be ``actor`` once more."""
    refused(actor, DenialKind.WRONG_PASSWORD, Attempt.PROVE_IDENTITY, actor.name, method=method)


def token_created(actor: Actor, owner: str, comment: str, scope: str) -> None:
    record(actor, Action.GENERATE_DB_TOKEN, None, user=owner, comment=comment, scope=str(scope))


def token_revoked(actor: Actor, owner: str, comment: str) -> None:
    record(actor, Action.REVOKE_DB_TOKEN, None, user=owner, comment=comment)


def oauth_secret_created(actor: Actor, owner: str, secret_id: str) -> None:
    record(actor, Action.CREATE_SERVICE_PRINCIPAL_SECRET, None, user=owner, secret_id=secret_id)


def oauth_secret_deleted(actor: Actor, owner: str, secret_id: str) -> None:
    record(actor, Action.DELETE_SERVICE_PRINCIPAL_SECRET, None, user=owner, secret_id=secret_id)


def principal_created(actor: Actor, principal: User | Group, **parameters: object) -> None:
    action = Action.CREATE_GROUP if isinstance(principal, Group) else Action.CREATE_USER
    record(actor, action, None, name=str(principal), **parameters)


def principal_updated(actor: Actor, principal: User | Group, changed: object) -> None:
    action = Action.UPDATE_GROUP if isinstance(principal, Group) else Action.UPDATE_USER
    record(actor, action, None, name=str(principal), changed=changed)


def viewed_as_principal(actor: Actor, principal: User | Group) -> None:
    record(actor, Action.VIEW_AS_PRINCIPAL, None, name=str(principal))


def principal_deleted(actor: Actor, principal: User | Group) -> None:
    action = Action.DELETE_GROUP if isinstance(principal, Group) else Action.DELETE_USER
    record(actor, action, None, name=str(principal))


def chain_accepted(actor: Actor, *, before: str, now: str, finding: str) -> None:
    """Record that an administrator of the machine accepted the chain as whole against its head, ``before``."""
    record(actor, Action.AUDIT_CHAIN_ACCEPTED, None, old_head=before, new_head=now, finding=finding)


def _asked(request: AccessRequest) -> dict[str, Any]:
    return {
        "request_id": str(request.uid),
        "principal": str(request.principal),
        "privileges": request.privileges,
        "full_name_arg": request.securable.full_name,
    }
