"""Tags of catalogs, schemas, registered models and model versions: each has its own, and none is inherited."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction
from django.db.models import QuerySet

from registry import audit, authorization, limits, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue
from registry.kinds import kind_of
from registry.models import (
    Catalog,
    Deprecation,
    ModelVersion,
    RegisteredModel,
    Schema,
    locks,
)
from registry.models.metadata import Tag
from registry.services.labels import tag_policies

Taggable = Catalog | Schema | RegisteredModel | ModelVersion


def list_tags(*, actor: Actor, subject: Taggable) -> QuerySet[Any]:
    """Return the tags of an object that ``actor`` can see, by key."""
    if not authorization.visible(actor, type(subject)._default_manager.filter(pk=subject.pk)).exists():
        raise DoesNotExist(f"{subject} does not exist.")
    return subject.tags.all()


def get_tag(*, actor: Actor, subject: Taggable, key: str) -> Tag:
    tag: Tag | None = list_tags(actor=actor, subject=subject).filter(key=key).first()
    if tag is None:
        raise DoesNotExist(f"{subject} has no tag {key!r}.")
    return tag


def set_tag(*, actor: Actor, subject: Taggable, key: str, value: str) -> None:
    """Give ``subject`` a tag, replacing the value that its key had."""
    update_tags(actor=actor, subject=subject, added={key: value}, removed=[])


def tag_all(*, actor: Actor, subjects: Iterable[Taggable], key: str, value: str) -> None:
    """Give several objects the same tag: all of them, or none."""
    with transaction.atomic():
        for subject in sorted(subjects, key=lambda subject: subject.pk):  # as rows are locked
            set_tag(actor=actor, subject=subject, key=key, value=value)


def create_tag(*, actor: Actor, subject: Taggable, key: str, value: str) -> None:
    """Give ``subject`` a tag whose key it does not have."""
    with _changing(actor, subject, [key]):
        if subject.tags.filter(key=key).exists():
            raise AlreadyExists(f"{subject} has the tag {key!r} already.")
        _add(actor, subject, {key: value})
        _forget_advice(subject, {key: value})


def update_tag(*, actor: Actor, subject: Taggable, key: str, value: str) -> None:
    """Change the value of a tag that ``subject`` has."""
    with _changing(actor, subject, [key]):
        get_tag(actor=actor, subject=subject, key=key)
        _add(actor, subject, {key: value})
        _forget_advice(subject, {key: value})


def delete_tag(*, actor: Actor, subject: Taggable, key: str) -> None:
    """Take a tag away. As with MLflow's own server, one that is not there is no error (and no event)."""
    update_tags(actor=actor, subject=subject, added={}, removed=[key])


def update_tags(*, actor: Actor, subject: Taggable, added: Mapping[str, str], removed: Iterable[str]) -> None:
    """Take tags away and set others, all of it or nothing."""
    removed = set(removed)
    with _changing(actor, subject, added.keys() | removed):
        if both := added.keys() & removed:
            raise InvalidParameterValue(f"The tag {min(both)!r} is both added and removed.")
        gone = sorted(subject.tags.filter(key__in=removed).values_list("key", flat=True))
        subject.tags.filter(key__in=gone).delete()
        _write(subject, added)
        _forget_advice(subject, {**dict.fromkeys(gone, ""), **added})
        if added or gone:
            audit.tags_changed(actor, subject, added=dict(added), removed=gone)


def add_first_tags(actor: Actor, subject: Taggable, tags: Mapping[str, str]) -> None:
    """Write the tags that ``subject`` is created with. The right to create it covers them, if none is governed."""
    if tags:
        authorization.require_assignable(actor, tags, subject)
        _add(actor, subject, tags)


def assignable(actor: Actor, tags: Mapping[str, str]) -> dict[str, str]:
    """Return ``tags`` without those that are governed and that ``actor`` may not assign."""
    missing = set(authorization.unassignable(actor, tags))
    return {key: value for key, value in tags.items() if key not in missing}


def _add(actor: Actor, subject: Taggable, tags: Mapping[str, str]) -> None:
    _write(subject, tags)
    audit.tags_changed(actor, subject, added=dict(tags), removed=[])


@contextmanager
def _changing(actor: Actor, subject: Taggable, keys: Iterable[str]) -> Iterator[None]:
    """Let the ``with`` block change the tags ``keys`` of ``subject``, if ``actor`` may: one at a time counts them.

    Likewise, only users who may assign a governed tag can take it away.
    """
    authorization.require(actor, Operation.SET_TAG, subject)
    authorization.require_assignable(actor, keys, subject)
    with transaction.atomic():
        locks.hold(subject)
        yield


def _write(subject: Taggable, tags: Mapping[str, str]) -> None:
    if len(tags) > limits.TAGS_PER_OBJECT:
        raise _too_many(subject)
    if isinstance(subject, ModelVersion) and (system := names.SYSTEM_TAGS.keys() & tags.keys()):
        raise InvalidParameterValue(f"A version has no tag {min(system)!r}: its model has.")
    tag_policies.require_allowed(tags)
    table: Any = kind_of(subject).tag
    table.objects.bulk_create(
        [table(subject=subject, key=names.tag_key(key), value=names.tag_value(value)) for key, value in tags.items()],
        update_conflicts=True,
        unique_fields=["subject", "key"],
        update_fields=["value"],
    )
    if subject.tags.count() > limits.TAGS_PER_OBJECT:
        raise _too_many(subject)


def _forget_advice(subject: Taggable, changed: Mapping[str, str]) -> None:
    """What was said of a deprecated model goes with the mark, however that is changed."""
    if isinstance(subject, RegisteredModel) and changed.get(names.CERTIFICATION, names.DEPRECATED) != names.DEPRECATED:
        Deprecation.objects.filter(registered_model=subject).delete()


def _too_many(subject: Taggable) -> InvalidParameterValue:
    return InvalidParameterValue(f"{subject} would have more than {limits.TAGS_PER_OBJECT} tags.")
