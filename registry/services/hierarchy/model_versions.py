"""Model versions: created pending, filled with artifacts by a client or a job, then finalized."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import Model, Q, QuerySet

from accounts.compiled_queries import CompiledQuery, columns_of, rows_of
from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.denials import Attempt
from registry.exceptions import DoesNotExist, InvalidState
from registry.models import Catalog, ModelVersion, RegisteredModel, Schema, locks
from registry.models.filing import named
from registry.names import FullName, VersionName
from registry.search import asks_for, search
from registry.services.artifacts import inventory, lending, manifests, mlmodel, written
from registry.services.artifacts.manifests import Manifest
from registry.services.hierarchy.latest import latest_of
from registry.services.labels import tags
from registry.services.shared import counters, finders, graph, ownership, placement, quotas
from registry.services.shared.dependencies import needed
from registry.services.trash import keeping


@dataclass(frozen=True)
class Origin:
    """Where a version comes from, as its creator states it."""

    source: str = ""
    run_id: str = ""
    run_link: str = ""
    run_tracking_server_id: str = ""
    model_id: str = ""
    feature_deps: str = ""
    dependencies: list[dict[str, Any]] = field(default_factory=list)
    params: list[dict[str, Any]] = field(default_factory=list)
    metrics: list[dict[str, Any]] = field(default_factory=list)


def list_model_versions(*, actor: Actor, where: str = "", namespace: Sequence[str] = ()) -> QuerySet[ModelVersion]:
    """Return every version whose metadata ``actor`` may read and that the filter ``where`` finds, the newest first."""
    versions = search(ModelVersion.objects.select_related("registered_model"), where, namespace)
    if asks_for(where, "source_path"):
        # What is shown as empty must not be found either, letter by letter.
        known = authorization.visible(actor, ModelVersion.objects.order_by())
        versions = versions.filter(Q(is_copy=False) | Q(copied_from__in=known))
    return authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, versions.order_by("-pk"), listing=True)


def get_model_version(*, actor: Actor, model: RegisteredModel, version: int) -> ModelVersion:
    """Return that version of a model which ``actor`` can see."""
    row = authorization.visible(actor, model.versions.select_related("copied_from").filter(version=version)).first()
    if row is None:
        raise _no_such_version(model, version)
    row.registered_model = model
    return row


def get_model_version_by_uid(*, actor: Actor, uid: uuid.UUID) -> ModelVersion:
    """Return the version with that key, if ``actor`` can see it."""
    versions = ModelVersion.objects.select_related("registered_model__schema__catalog")
    row = authorization.visible(actor, versions.filter(uid=uid)).first()
    if row is None:
        message = "The model version does not exist."
        raise authorization.none_of(actor, versions.filter(uid=uid), message, Attempt.GET_MODEL_VERSION)
    return row


def list_versions_of(*, actor: Actor, model: RegisteredModel) -> QuerySet[ModelVersion]:
    """Return the versions of a model that ``actor`` can see, the newest first."""
    return authorization.visible(actor, model.versions.order_by("-version"))


def read_model_version(*, actor: Actor, full_name: FullName, version: int) -> ModelVersion:
    """Return that version of the model of that name, if ``actor`` may read its metadata."""
    row = prepared(_BY_NUMBER, version, *astuple(full_name))
    if not may_read(actor, row) or row is None:
        raise _no_such_version(finders.read_registered_model(actor=actor, full_name=full_name), version)
    return row


def may_read(actor: Actor, version: ModelVersion | None) -> bool:
    """Return whether ``actor`` may read ``version``. Ask also of one that does not exist: it takes as long."""
    model = version.registered_model if version is not None else RegisteredModel(pk=0)
    return authorization.allows(actor, Operation.READ_REGISTERED_MODEL, model)


def of_named_model(versions: QuerySet[ModelVersion]) -> QuerySet[ModelVersion, tuple[Any, ...]]:
    """Return those of ``versions`` whose model is named ``NAME``, with the columns that ``prepared`` reads."""
    columns = [f"{path}{column}" for path, (_, its_columns) in _READ.items() for column in its_columns]
    return versions.filter(named(NAME, "registered_model__")).order_by().values_list(*columns)


def prepared(query: CompiledQuery, *values: int | str) -> ModelVersion | None:
    """Return the version that a query over ``of_named_model`` finds, with its model. The caller asks for the right."""
    rows = query(*values)
    if not rows:
        return None
    version: ModelVersion
    version, model, schema, schema.catalog = rows_of(rows[0], *_READ.values())
    version.registered_model, model.schema = model, schema
    return version


NAME = FullName("catalog", "schema", "model")
"""Takes the place, in a prepared query, of the three names that differ."""
_READ: dict[str, tuple[type[Model], list[str]]] = {
    "": (ModelVersion, columns_of(ModelVersion)),
    "registered_model__": (RegisteredModel, ["id", "name", "schema_id"]),
    "registered_model__schema__": (Schema, ["id", "name", "catalog_id"]),
    "registered_model__schema__catalog__": (Catalog, ["id", "name"]),
}
"""What is read of a version, and of what it is in: names and keys. Callers that need more read it then."""
_BY_NUMBER = CompiledQuery(
    # A possible version number: for an impossible one, Django knows that nothing is found.
    lambda: of_named_model(ModelVersion.objects.filter(version=987_654)),
    987_654,
    *astuple(NAME),
)


def create_model_version(
    *,
    actor: Actor,
    model: RegisteredModel,
    origin: Origin,
    comment: str = "",
    version_tags: Mapping[str, str] | None = None,
) -> ModelVersion:
    """Create a pending version, whose artifacts are uploaded next."""
    authorization.require(actor, Operation.CREATE_MODEL_VERSION, model)
    with transaction.atomic():
        source = _registered_source(actor, origin.source)
        if source is not None:
            locks.hold(source)
        version = create_pending(actor, model, origin, comment, source)
        audit.model_version_created(actor, version)
        tags.add_first_tags(actor, version, version_tags or {})
    return version


def create_pending(
    actor: Actor, model: RegisteredModel, origin: Origin, comment: str, copied_from: ModelVersion | None
) -> ModelVersion:
    """Create a row of ``model``, to be filled by a client or a job. The caller has asked for the right to it, and holds
    ``copied_from``."""
    number = model.take_next_version(actor.name)  # which lets one at a time count
    return _create_row(actor, model, origin, comment, number, copied_from)


def create_numbered(actor: Actor, model: RegisteredModel, origin: Origin, comment: str, number: int) -> ModelVersion:
    """Create a row of ``model`` with a number that it has elsewhere. The caller holds the model, and knows that no
    version here has had it."""
    model.take_version(number, actor.name)
    return _create_row(actor, model, origin, comment, number, None)


def _create_row(
    actor: Actor,
    model: RegisteredModel,
    origin: Origin,
    comment: str,
    number: int,
    copied_from: ModelVersion | None,
) -> ModelVersion:
    quotas.require_room("model_versions_per_registered_model", "Model Version", str(model), model)
    uid = uuid.uuid4()
    version = ModelVersion.objects.create(
        uid=uid,
        registered_model=model,
        version=number,
        comment=names.comment_text(comment),
        storage_location=placement.location_of_version(model.schema, uid),
        copied_from=copied_from,
        is_copy=copied_from is not None,
        creator_key=actor.principal.pk,
        **asdict(origin),
        **ownership.made_by(actor),
    )
    graph.record_origin(version, copied_from, graph.resolved(actor, needed(origin.dependencies)))
    return version


def sources_of(*, actor: Actor, versions: Sequence[ModelVersion]) -> dict[int, str]:
    """Return the ``source`` of each version, by key; empty where it names a version that the actor can't see.

    A copy whose original is gone does not show the name: what it named may have been hidden.
    """
    if authorization.is_administrator(actor):
        return {version.pk: version.source for version in versions}
    copied = {version.copied_from_id for version in versions if version.copied_from_id is not None}
    known: set[int | None] = set()
    if copied:
        near = ModelVersion.objects.filter(pk__in=copied)
        known = set(authorization.visible(actor, near).values_list("pk", flat=True))
    return {v.pk: v.source if not v.is_copy or v.copied_from_id in known else "" for v in versions}


def finalize_model_version(*, actor: Actor, version: ModelVersion, manifest: Manifest | None = None) -> ModelVersion:
    """Declare a pending version ready; its artifacts never change again. A version that is ready stays ready.

    With a ``manifest`` it becomes ready only if it has these files and no others; one that is ready has to have them.
    """
    authorization.require(actor, Operation.FINALIZE_MODEL_VERSION, version)
    if version.is_ready:
        manifests.require_same(version, manifest, inventory.rows_of(version) if manifest is not None else ())
        return version
    if version.jobs.unfinished().exists():
        raise InvalidState(f"{version} is being copied and becomes ready by itself.")
    try:
        lending.take_in(actor=actor, version=version)
        while not _finalize_as_is(actor, version, manifest):
            pass  # a file has arrived in the meantime
    except InvalidState:
        version.refresh_from_db()
        if not version.is_ready:  # or someone else has just done it
            raise
    return version


def _finalize_as_is(actor: Actor, version: ModelVersion, manifest: Manifest | None) -> bool:
    """Make a version ready with the files that are there; False if they have changed while they were read.

    Files are read before the version is held. Writers of files hold it too, or wait and find the version ready.
    """
    files = inventory.settled(version)
    manifests.require_same(version, manifest, files)
    learned = mlmodel.learn(version, files)
    with transaction.atomic():
        locks.hold(version)
        if inventory.rows_of(version) != files:
            return False
        version.finalize(**learned)
        written.tell(actor, version, version.status, files)
        audit.model_version_finalized(actor, version, len(files))
    return True


def update_model_version(*, actor: Actor, version: ModelVersion, comment: str | None) -> ModelVersion:
    """Describe a version; None leaves the description and an empty text clears it."""
    authorization.require(actor, Operation.UPDATE_MODEL_VERSION, version)
    if comment is not None:
        with transaction.atomic():
            version.change(actor.name, comment=names.comment_text(comment))
            audit.model_version_updated(actor, version, {"comment": comment})
    return version


def delete_model_version(*, actor: Actor, version: ModelVersion) -> None:
    """Delete a version with its aliases, tags and bytes. Its number is never used again."""
    delete_model_versions(actor=actor, versions=[version])


def delete_model_versions(*, actor: Actor, versions: Sequence[ModelVersion]) -> None:
    """Delete several versions: all of them, or none."""
    for version in versions:
        authorization.require(actor, Operation.DELETE_MODEL_VERSION, version)
    with transaction.atomic():
        locks.share_principals()
        locks.going_versions(ModelVersion.objects.filter(pk__in=[version.pk for version in versions]))
        counters.remove_versions([locks.hold(version) for version in versions], by=actor.name)
        for version in versions:
            audit.aliases_lost(actor, version)
            audit.model_version_deleted(actor, version)
        keeping.delete(actor, *((version, ModelVersion.objects.filter(pk=version.pk)) for version in versions))


def _registered_source(actor: Actor, source: str) -> ModelVersion | None:
    """The version that ``source`` (``models:/…``) names, if ``actor`` may read it.

    A source is the client's word: it makes no edge to what the client cannot see, and reveals nothing about it.
    """
    name = VersionName.from_uri(source)
    if name is None:
        return None
    versions = list_model_versions(actor=actor).filter(named(name.full_name, "registered_model__"))
    if name.is_latest:
        return latest_of(versions)
    by_alias = Q(aliases__folded=names.folded(name.alias))
    return versions.filter(by_alias if name.alias else Q(version=name.version)).first()


def _no_such_version(model: RegisteredModel, version: int) -> DoesNotExist:
    return DoesNotExist(f"Version '{version}' of Routine or Model '{model.full_name}' does not exist.")
