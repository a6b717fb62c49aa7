"""Copies: a version becomes the next version of a model, and a job carries its bytes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue, InvalidState
from registry.models import Job, ModelVersion, RegisteredModel, locks
from registry.names import FullName, VersionName
from registry.services.hierarchy import registered_models
from registry.services.hierarchy.model_versions import Origin
from registry.services.labels import tags
from registry.services.metadata import aliases
from registry.services.shared import allowances
from registry.services.versions import filling
from registry.services.versions.filling import NewVersion


def copy_model_version(
    *,
    actor: Actor,
    source: ModelVersion,
    destination: RegisteredModel,
    comment: str | None = None,
    version_tags: Mapping[str, str] | None = None,
    run_id: str = "",
    run_link: str = "",
    alias: str = "",
) -> Job:
    """Start copying ``source`` into ``destination`` as its next version; the job carries the bytes.

    As with MLflow's copy, the description and the tags come along where none are given, and aliases do not; nor do
    governed tags that ``actor`` may not assign. ``alias`` is set once the copy is ready. The same copy of the same
    principal is joined, as long as it has not ended.
    """
    _require_copyable(actor, source, destination, alias)
    described = source.comment if comment is None else names.comment_text(comment)
    with transaction.atomic():
        tagged = _assignable_tags(actor, source) if version_tags is None else version_tags
        allowances.hold(destination.schema.catalog)
        locks.hold(source)
        locks.hold(destination)  # of two that ask at once, the second one finds the first
        wanted = NewVersion(destination, described, tagged, _as_origin(source, run_id, run_link))
        if twin := filling.unfinished_twin(actor, wanted, source=source, alias=alias):
            return twin
        target = filling.create(actor, wanted, source.size or 0, source)
        audit.model_version_copy_requested(actor, source, target)
        return filling.start(actor, Job.Kind.COPY, target, source.size or 0, **_columns(source, destination, alias))


def _columns(source: ModelVersion, destination: RegisteredModel, alias: str) -> dict[str, Any]:
    """What a job says about where its files come from, and about the alias to set: where it points now, 0 for
    nowhere."""
    if not alias:
        return {"source": source}
    row = aliases.find_alias(model=destination, alias=alias)
    return {"source": source, "alias": alias, "alias_was": row.model_version.version if row else 0}


def _require_copyable(actor: Actor, source: ModelVersion, destination: RegisteredModel, alias: str) -> None:
    authorization.require(actor, Operation.READ_ARTIFACTS, source)
    authorization.require(actor, Operation.CREATE_MODEL_VERSION, destination)
    if not source.is_ready:
        raise InvalidState(f"{source} is {source.status} and cannot be copied.")
    if alias:
        authorization.require(actor, Operation.SET_ALIAS, destination)
        names.alias_name(alias)


def _assignable_tags(actor: Actor, source: ModelVersion) -> Mapping[str, str]:
    return tags.assignable(actor, dict(source.tags.values_list("key", "value")))


def target_of(job: Job) -> ModelVersion:
    """Return the version that ``job`` fills."""
    return ModelVersion.objects.get(jobs=job)


def find_by_uri(*, actor: Actor, uri: str, namespace: Sequence[str] = ()) -> ModelVersion:
    """Return the registered version that ``models:/<full name>/<number>`` or ``models:/<full name>@<alias>`` names."""
    name = VersionName.from_uri(uri, namespace)
    if name is None:
        raise InvalidParameterValue(
            f"The source {uri[:200]!r} is where this server can't read it. Over http:// it copies versions that are "
            "registered here, named models:/<catalog>.<schema>.<model>/<version>; to upload a model's files, set the "
            "registry URI to databricks-uc."
        )
    return aliases.find_model_version(actor=actor, name=name)


def copy_model_version_to(
    *,
    actor: Actor,
    source: ModelVersion,
    full_name: FullName,
    version_tags: Mapping[str, str] | None = None,
    alias: str = "",
    with_card: bool = False,
) -> Job:
    """Copy ``source`` to the model of that name, which is created if necessary: both, or neither.

    ``with_card``: a created model is described and tagged like the model of ``source``, except for governed tags
    that ``actor`` may not assign.
    """
    authorization.require(actor, Operation.READ_ARTIFACTS, source)
    card = _card_of(actor, source.registered_model) if with_card else {}
    with transaction.atomic():
        model = registered_models.ensure_registered_model(actor=actor, full_name=full_name, **card)
        return copy_model_version(actor=actor, source=source, destination=model, version_tags=version_tags, alias=alias)


def _card_of(actor: Actor, model: RegisteredModel) -> dict[str, Any]:
    carried = {tag.key: tag.value for tag in model.tags.all() if tag.key not in names.SYSTEM_TAGS}
    return {"comment": model.comment, "model_tags": tags.assignable(actor, carried)}


def _as_origin(source: ModelVersion, run_id: str, run_link: str) -> Origin:
    """What a copy says about its origin: ``source``, and what that said about its run if no other is named."""
    return Origin(
        source=f"models:/{source.registered_model.full_name}/{source.version}",
        run_id=run_id or source.run_id,
        run_link=run_link or source.run_link,
        run_tracking_server_id=source.run_tracking_server_id,
        model_id=source.model_id,
        feature_deps=source.feature_deps,
        dependencies=source.dependencies,
        params=source.params,
        metrics=source.metrics,
    )
