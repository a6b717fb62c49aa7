"""Model versions: created pending, filled with artifacts by a client or a job, then finalized."""

from __future__ import annotations

import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from registry import audit, authorization, names, queue
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue, InvalidState
from registry.models import Job, ModelVersion, RegisteredModel
from registry.names import FullName
from registry.services import artifacts, mlmodel, ownership, quotas, registered_models, tags
from registry.storage import new_location

_REGISTERED_SOURCE = re.compile(r"models:/(?P<name>[^/@]+)/(?P<version>\d{1,9})/?")


@dataclass(frozen=True)
class Origin:
    """Where a version comes from, as its creator tells it."""

    source: str = ""
    run_id: str = ""
    run_tracking_server_id: str = ""
    model_id: str = ""
    feature_deps: str = ""
    dependencies: list[dict[str, Any]] = field(default_factory=list)


def list_model_versions(*, actor: Actor) -> QuerySet[ModelVersion]:
    """Every version whose metadata ``actor`` may read, the newest first."""
    versions = ModelVersion.objects.select_related("registered_model__schema__catalog").order_by("-pk")
    return authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, versions)


def get_model_version(*, actor: Actor, model: RegisteredModel, version: int) -> ModelVersion:
    """That version of a model which ``actor`` may know of."""
    row = authorization.visible(actor, model.versions.select_related("copied_from").filter(version=version)).first()
    if row is None:
        raise _no_such_version(model, version)
    row.registered_model = model
    return row


def get_model_version_by_uid(*, actor: Actor, uid: uuid.UUID) -> ModelVersion:
    """The version with that key, if ``actor`` may know of it."""
    versions = ModelVersion.objects.select_related("registered_model__schema__catalog")
    row = authorization.visible(actor, versions.filter(uid=uid)).first()
    if row is None:
        raise DoesNotExist("The model version does not exist.")
    return row


def list_versions_of(*, actor: Actor, model: RegisteredModel) -> QuerySet[ModelVersion]:
    """The versions of a model that ``actor`` may know of, the newest first."""
    return authorization.visible(actor, model.versions.order_by("-version"))


def read_model_version(*, actor: Actor, model: RegisteredModel, version: int) -> ModelVersion:
    """That version of a model, if ``actor`` may read its metadata."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    return get_model_version(actor=actor, model=model, version=version)


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
        version = _create_pending(actor, model, origin, comment, _registered_source(actor, origin.source))
        audit.model_version_created(actor, version)
        tags.add_first_tags(actor, version, version_tags or {})
    return version


def copy_model_version(*, actor: Actor, source: ModelVersion, destination: RegisteredModel) -> Job:
    """Start copying ``source`` into ``destination`` as its next version; the job carries the bytes.

    As with MLflow's copy, the description and the tags come along, and aliases do not.
    """
    authorization.require(actor, Operation.READ_ARTIFACTS, source)
    authorization.require(actor, Operation.CREATE_MODEL_VERSION, destination)
    if not source.is_ready:
        raise InvalidState(f"{source} is {source.status} and cannot be copied.")
    with transaction.atomic():
        target = _create_pending(actor, destination, _as_origin(source), source.comment, source)
        tags.add_first_tags(actor, target, dict(source.tags.values_list("key", "value")))
        job = Job.objects.create(
            kind=Job.Kind.COPY,
            created_by=actor.principal,
            requested_by=actor.name,
            source=source,
            target=target,
            title=f"Copy to {target}",
            storage_location=target.storage_location,
        )
        audit.model_version_copy_requested(actor, source, target)
        queue.enqueue(job)
    return job


def copy_model_version_to(*, actor: Actor, source: ModelVersion, full_name: FullName) -> Job:
    """Copy ``source`` to the model of that name, which is created if need be: both, or neither."""
    authorization.require(actor, Operation.READ_ARTIFACTS, source)
    with transaction.atomic():
        try:
            model = registered_models.create_registered_model(actor=actor, full_name=full_name)
        except AlreadyExists:
            model = registered_models.get_registered_model(actor=actor, full_name=full_name)
        return copy_model_version(actor=actor, source=source, destination=model)


def sources_of(*, actor: Actor, versions: Sequence[ModelVersion]) -> dict[int, str]:
    """The ``source`` of each version, by its key; empty where it names a version that the actor may not know of."""
    copied = {version.copied_from_id for version in versions if version.copied_from_id is not None}
    known: set[int | None] = {None}
    if copied:
        near = ModelVersion.objects.filter(pk__in=copied)
        known |= set(authorization.visible(actor, near).values_list("pk", flat=True))
    return {version.pk: version.source if version.copied_from_id in known else "" for version in versions}


def finalize_model_version(*, actor: Actor, version: ModelVersion) -> ModelVersion:
    """Declare a pending version ready; its artifacts never change again. A version that is ready stays so."""
    authorization.require(actor, Operation.CREATE_MODEL_VERSION, version)
    if version.is_ready:
        return version
    if version.jobs.unfinished().exists():
        raise InvalidState(f"{version} is being copied and becomes ready by itself.")
    learned = mlmodel.learn(version)
    with transaction.atomic():
        version.finalize(**learned)
        audit.model_version_finalized(actor, version)
    return version


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
    authorization.require(actor, Operation.DELETE_MODEL_VERSION, version)
    with transaction.atomic():
        audit.model_version_deleted(actor, version)
        artifacts.delete_later(actor, ModelVersion.objects.filter(pk=version.pk))
        version.delete()


def parse_version(text: str | int) -> int:
    """Read a version number as clients send it (a string in one dialect, a number in another)."""
    if not re.fullmatch(r"[0-9]{1,9}", str(text)) or int(text) < 1:
        raise InvalidParameterValue(f"{text!r} is not a model version, which is a whole number from 1.")
    return int(text)


def _create_pending(
    actor: Actor, model: RegisteredModel, origin: Origin, comment: str, copied_from: ModelVersion | None
) -> ModelVersion:
    versions = model.versions.all()
    quotas.require_room("model_versions_per_registered_model", "Model Version", str(model), versions)
    uid = uuid.uuid4()
    return ModelVersion.objects.create(
        uid=uid,
        registered_model=model,
        version=model.take_next_version(),
        comment=names.comment_text(comment),
        storage_location=new_location(uid),
        copied_from=copied_from,
        **asdict(origin),
        **ownership.made_by(actor),
    )


def _as_origin(source: ModelVersion) -> Origin:
    """What a copy says of where it comes from: from ``source``, and what that said of its run."""
    return Origin(
        source=f"models:/{source.registered_model.full_name}/{source.version}",
        run_id=source.run_id,
        run_tracking_server_id=source.run_tracking_server_id,
        model_id=source.model_id,
        feature_deps=source.feature_deps,
        dependencies=source.dependencies,
    )


def _registered_source(actor: Actor, source: str) -> ModelVersion | None:
    """The version that ``source`` (``models:/<full name>/<number>``) names, if ``actor`` may read it.

    A source is the client's word: it makes no edge to what the client cannot see, and tells nothing about it.
    """
    found = _REGISTERED_SOURCE.fullmatch(source)
    if found is None or found["name"].count(".") != 2:
        return None
    try:
        name = FullName.parse(found["name"])
    except InvalidParameterValue:
        return None
    return (
        list_model_versions(actor=actor)
        .filter(
            registered_model__name=name.model,
            registered_model__schema__name=name.schema,
            registered_model__schema__catalog__name=name.catalog,
            version=int(found["version"]),
        )
        .first()
    )


def _no_such_version(model: RegisteredModel, version: int) -> DoesNotExist:
    return DoesNotExist(f"Version '{version}' of Routine or Model '{model.full_name}' does not exist.")
