"""Tag policies: governed tags, whose keys take only the values and assigners that an administrator lists.

As in Unity Catalog, users who set or remove such a tag need ASSIGN on it, besides the right to tag the object: the
policy lists who has it. Administrators always may. If no one is listed for a tag, no one else may assign it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from django.contrib.auth.models import Group
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils import timezone

from accounts.models import User
from registry import audit, authorization, limits, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import AlreadyExists, DoesNotExist, InvalidParameterValue
from registry.models import Metastore, TagPolicy, TagPolicyAssigner
from registry.services.shared import naming, ownership


def list_tag_policies() -> QuerySet[TagPolicy]:
    """Return all policies with their assigners, by key: users who tag need to know them."""
    assigners = TagPolicyAssigner.objects.select_related("user", "group").order_by("pk")
    return TagPolicy.objects.order_by("tag_key").prefetch_related(Prefetch("assigners", assigners))


def get_tag_policy(*, tag_key: str) -> TagPolicy:
    policy = list_tag_policies().filter(tag_key=tag_key).first()
    if policy is None:
        raise DoesNotExist(f"There is no tag policy for {tag_key!r}.")
    return policy


def create_tag_policy(
    *, actor: Actor, tag_key: str, description: str, values: Sequence[str], assigners: Sequence[str] = ()
) -> TagPolicy:
    """Govern a tag. Assignments that are there already stay as they are."""
    authorization.require(actor, Operation.MANAGE_TAG_POLICIES, Metastore.current())
    taken, message = TagPolicy.objects.filter(tag_key=tag_key), f"Tag policy '{tag_key}' already exists"
    if taken.exists() or tag_key in names.SYSTEM_TAGS:
        raise AlreadyExists(message)
    with naming.unless_taken(message):
        policy = TagPolicy.objects.create(
            tag_key=names.tag_key(tag_key), description=names.comment_text(description), values=_checked(values)
        )
        audit.tag_policy_created(actor, tag_key, policy.values, _list(policy, assigners))
    return get_tag_policy(tag_key=tag_key)


def update_tag_policy(
    *,
    actor: Actor,
    tag_key: str,
    description: str | None = None,
    values: Sequence[str] | None = None,
    assigners: Sequence[str] | None = None,
) -> TagPolicy:
    """Describe a policy, list other values or other assigners; what is None stays. Only the assigners of a
    system tag can be changed."""
    authorization.require(actor, Operation.MANAGE_TAG_POLICIES, Metastore.current())
    with transaction.atomic():
        get_tag_policy(tag_key=tag_key)
        policy = TagPolicy.objects.select_for_update(no_key=True).get(tag_key=tag_key)
        if tag_key in names.SYSTEM_TAGS and (description, values) != (None, None):
            raise InvalidParameterValue(f"{tag_key!r} is a system tag: only its assigners can be changed.")
        if description is not None:
            policy.description = names.comment_text(description)
        if values is not None:
            policy.values = _checked(values)
        policy.updated_at = timezone.now()
        policy.save(update_fields=["description", "values", "updated_at"])
        listed = None if assigners is None else _list(policy, assigners)
        audit.tag_policy_updated(actor, tag_key, policy.values, listed)
    return get_tag_policy(tag_key=tag_key)


def delete_tag_policy(*, actor: Actor, tag_key: str) -> None:
    """Stop governing a tag; where it is assigned it becomes a plain one."""
    authorization.require(actor, Operation.MANAGE_TAG_POLICIES, Metastore.current())
    with transaction.atomic():
        policy = get_tag_policy(tag_key=tag_key)
        if tag_key in names.SYSTEM_TAGS:
            raise InvalidParameterValue(f"{tag_key!r} is a system tag, which cannot be deleted.")
        policy.delete()
        audit.tag_policy_deleted(actor, tag_key)


def _list(policy: TagPolicy, principals: Iterable[str]) -> list[str]:
    """Make ``principals`` (names) the only ones who may assign the tag; return their names as they are written."""
    assigners: list[User | Group] = list(dict.fromkeys(ownership.find_principal(name) for name in principals))
    if len(assigners) > limits.TAG_POLICY_ASSIGNERS:
        raise InvalidParameterValue(f"A tag policy lists at most {limits.TAG_POLICY_ASSIGNERS} assigners.")
    policy.assigners.all().delete()
    TagPolicyAssigner.objects.bulk_create(
        TagPolicyAssigner(policy=policy, **{"user" if isinstance(one, User) else "group": one}) for one in assigners
    )
    return [str(one) for one in assigners]


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
