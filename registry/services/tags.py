"""Tags of registered models and of model versions, which are separate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from registry import audit, authorization, limits, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist, InvalidParameterValue
from registry.models import ModelVersion, ModelVersionTag, RegisteredModel, RegisteredModelTag

Subject = RegisteredModel | ModelVersion


def set_tag(*, actor: Actor, subject: Subject, key: str, value: str) -> None:
    """Give ``subject`` a tag, replacing the value that its key had."""
    authorization.require(actor, Operation.SET_TAG, subject)
    with transaction.atomic():
        _lock(subject)
        _write(subject, {key: value})
        audit.tags_changed(actor, subject, added={key: value}, removed=[])


def delete_tag(*, actor: Actor, subject: Subject, key: str) -> None:
    """Take a tag away. As with MLflow's own server, one that is not there is no error (and no event)."""
    authorization.require(actor, Operation.SET_TAG, subject)
    with transaction.atomic():
        deleted, _ = subject.tags.filter(key=key).delete()
        if deleted:
            audit.tags_changed(actor, subject, added={}, removed=[key])


def add_first_tags(actor: Actor, subject: Subject, tags: Mapping[str, str]) -> None:
    """Write the tags that ``subject`` is created with. The right to create it covers them."""
    if tags:
        _write(subject, tags)
        audit.tags_changed(actor, subject, added=dict(tags), removed=[])


def _lock(subject: Subject) -> None:
    """Let one writer at a time count the tags of ``subject``."""
    if type(subject)._default_manager.select_for_update().filter(pk=subject.pk).first() is None:
        raise DoesNotExist(f"{subject} was deleted meanwhile.")


def _write(subject: Subject, tags: Mapping[str, str]) -> None:
    if len(tags) > limits.TAGS_PER_OBJECT:
        raise _too_many(subject)
    model: type[Any] = RegisteredModelTag if isinstance(subject, RegisteredModel) else ModelVersionTag
    model.objects.bulk_create(
        [model(subject=subject, key=names.tag_key(key), value=names.tag_value(value)) for key, value in tags.items()],
        update_conflicts=True,
        unique_fields=["subject", "key"],
        update_fields=["value"],
    )
    if subject.tags.count() > limits.TAGS_PER_OBJECT:
        raise _too_many(subject)


def _too_many(subject: Subject) -> InvalidParameterValue:
    return InvalidParameterValue(f"{subject} would have more than {limits.TAGS_PER_OBJECT} tags.")
