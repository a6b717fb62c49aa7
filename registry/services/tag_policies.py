"""Tag policies: governed tags, whose keys take only the values that an administrator lists.

Databricks also wants the privilege ASSIGN on the policy of whoever sets such a tag; here the right to tag suffices.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from registry import audit, authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue
from registry.models import Metastore, TagPolicy
from registry.services import naming


def list_tag_policies() -> QuerySet[TagPolicy]:
    """All policies, by key: who tags needs to know them."""
    return TagPolicy.objects.order_by("tag_key")


def get_tag_policy(*, tag_key: str) -> TagPolicy:
    policy = TagPolicy.objects.filter(tag_key=tag_key).first()
    if policy is None:
        raise DoesNotExist(f"There is no tag policy for {tag_key!r}.")
    return policy


def create_tag_policy(*, actor: Actor, tag_key: str, description: str, values: Sequence[str]) -> TagPolicy:
    """Govern a tag. Assignments that are there already stay as they are."""
    authorization.require(actor, Operation.MANAGE_TAG_POLICIES, Metastore.current())
    taken, message = TagPolicy.objects.filter(tag_key=tag_key), f"Tag policy '{tag_key}' already exists"
    if taken.exists() or tag_key in names.SYSTEM_TAGS:
        raise AlreadyExists(message)
    with naming.unless_taken(taken, message):
        policy = TagPolicy.objects.create(
            tag_key=names.tag_key(tag_key), description=names.comment_text(description), values=_checked(values)
        )
        audit.tag_policy_created(actor, tag_key, policy.values)
    return policy


def update_tag_policy(
    *, actor: Actor, tag_key: str, description: str | None, values: Sequence[str] | None
) -> TagPolicy:
    """Describe a policy or list other values; what is None stays."""
    authorization.require(actor, Operation.MANAGE_TAG_POLICIES, Metastore.current())
    with transaction.atomic():
        get_tag_policy(tag_key=tag_key)
        policy = TagPolicy.objects.select_for_update(no_key=True).get(tag_key=tag_key)
        if description is not None:
            policy.description = names.comment_text(description)
        if values is not None:
            policy.values = _checked(values)
        policy.updated_at = timezone.now()
        policy.save(update_fields=["description", "values", "updated_at"])
        audit.tag_policy_updated(actor, tag_key, policy.values)
    return policy


def delete_tag_policy(*, actor: Actor, tag_key: str) -> None:
    """Stop governing a tag; where it is assigned it becomes a plain one."""
    authorization.require(actor, Operation.MANAGE_TAG_POLICIES, Metastore.current())
    with transaction.atomic():
        get_tag_policy(tag_key=tag_key).delete()
        audit.tag_policy_deleted(actor, tag_key)


def require_allowed(tags: Mapping[str, str]) -> None:
    """Raise unless every governed tag among ``tags`` has one of its values (one query)."""
    policies = TagPolicy.objects.filter(tag_key__in=list(tags)).values_list("tag_key", "values")
    for key, values in (*names.SYSTEM_TAGS.items(), *policies):
        if key in tags and values and tags[key] not in values:
            listed = ", ".join(repr(value) for value in values)
            raise InvalidParameterValue(f"{tags[key]!r} is not a value of the governed tag {key!r}: {listed}.")


def _checked(values: Sequence[str]) -> list[str]:
    if len(set(values)) != len(values):
        raise InvalidParameterValue("A value is listed twice.")
    return [names.tag_value(value) for value in values]
