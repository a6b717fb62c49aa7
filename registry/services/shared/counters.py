"""How many objects are directly in each catalog, schema and model: kept with every change, so that no page counts.

What deletes a container deletes its counter with it, so only the outermost object that goes is counted off.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Count, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from registry.kinds import KINDS, Kind, kind_of, parent_of
from registry.models import ModelVersion, RegisteredModel, Schema


def add(row: Schema | RegisteredModel) -> None:
    """Count ``row``, which was created in this transaction. (A version is counted when it draws its number.)"""
    _change(row, +1)


def remove(row: Schema | RegisteredModel) -> None:
    """Count off ``row``, which is deleted in this transaction; the caller has locked what it is in."""
    _change(row, -1)


def remove_versions(versions: Iterable[ModelVersion], *, by: str) -> None:
    """Count off ``versions``, which ``by`` deletes in this transaction, and their bytes: each model is changed once."""
    sizes = defaultdict(list)
    for version in versions:
        sizes[version.registered_model_id].append(version.size or 0)
    for model, gone in sorted(sizes.items()):
        less = {"child_count": F("child_count") - len(gone), "size": F("size") - sum(gone)}
        RegisteredModel.objects.filter(pk=model).update(**less, updated_at=timezone.now(), updated_by=by)


def _change(row: Schema | RegisteredModel, by: int) -> None:
    container = kind_of(parent_of(row)).model
    container._default_manager.filter(pk=parent_of(row).pk).update(child_count=F("child_count") + by)


def mend() -> Iterator[tuple[Any, int]]:
    """Count again, and yield each container whose counter was wrong, with what it was."""
    for kind in KINDS:
        if kind.is_counted:
            yield from _mend(kind)


def _mend(kind: Kind) -> Iterator[tuple[Any, int]]:
    containers = kind.containers[0].model._default_manager
    mine = kind.model._default_manager.filter(**{kind.parent: OuterRef("pk")}).order_by().values(kind.parent)
    counted: QuerySet[Any] = containers.annotate(
        now=Coalesce(Subquery(mine.annotate(count=Count("pk")).values("count")), 0)
    )
    for container in counted.exclude(child_count=F("now")).order_by("pk").iterator(chunk_size=1_000):
        # By the difference: what is created in the meantime counts on from there.
        difference = container.now - container.child_count
        containers.filter(pk=container.pk).update(child_count=F("child_count") + difference)
        yield container, container.child_count
