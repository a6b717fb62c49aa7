"""Governed tags: who may assign them by their policies."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Exists, Q

from registry.actor import Actor
from registry.authorization.holdings import Holdings
from registry.models import TagPolicy, TagPolicyAssigner
from registry.privileges import Privilege


def is_assigner(held: Holdings, tag_key: str) -> Exists:
    """Return whether the policy of a tag lists the holder, as a condition."""
    return Exists(TagPolicyAssigner.objects.filter(_listed(held), policy__tag_key=tag_key))


def unassignable(actor: Actor, tag_keys: Iterable[str]) -> list[str]:
    """Return those of ``tag_keys`` that are governed and that ``actor`` may not assign, by key (one query)."""
    held = Holdings.of(actor)
    if held.is_administrator:
        return []
    listed = TagPolicyAssigner.objects.filter(_listed(held)).values("policy")
    governed = TagPolicy.objects.filter(tag_key__in=list(tag_keys)).exclude(pk__in=listed)
    return sorted(governed.values_list("tag_key", flat=True))


def words(tag_key: str) -> str:
    """Return what is missing, in the words of a refusal."""
    return f"{Privilege.ASSIGN.words} on Governed tag '{tag_key}'"


def _listed(held: Holdings) -> Q:
    return Q(user=held.user_id) | Q(group__in=held.group_ids)
