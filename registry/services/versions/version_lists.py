"""The versions of one model as a table asks for them: narrowed, sorted, and with chosen params and metrics."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Alias, ModelVersion, ModelVersionTag, RegisteredModel
from registry.services.hierarchy import model_versions
from registry.services.versions import version_details
from registry.services.versions.metric_directions import direction_of

ORDERS = {"version": "version", "registered": "created_at", "status": "status", "size": "size"}
"""What a table can be sorted by, and the column of each."""


@dataclass(frozen=True)
class VersionFilter:
    """``words``: a number, or a part of a description, a name, a run, an alias or a tag.

    ``order``: one of ``ORDERS``, with − for descending.
    """

    words: str = ""
    status: str = ""
    order: str = "-version"


def list_versions(*, actor: Actor, model: RegisteredModel, filters: VersionFilter) -> QuerySet[ModelVersion]:
    """Return the versions of ``model`` that ``actor`` may see and that pass ``filters``, in their order."""
    rows = model_versions.list_versions_of(actor=actor, model=model)
    if filters.words:
        condition = _with(filters.words)
        if authorization.allows(actor, Operation.READ_REGISTERED_MODEL, model):
            condition |= Q(run_id__icontains=filters.words)  # which BROWSE on its own does not show
        rows = rows.filter(condition)
    if filters.status in ModelVersion.Status.values:
        rows = rows.filter(status=filters.status)
    order = filters.order
    if order.endswith("size") and not authorization.allows(actor, Operation.READ_REGISTERED_MODEL, model):
        order = "-version"  # nor sizes, not even their order
    column = F(ORDERS.get(order.removeprefix("-"), "version"))
    is_falling = order.startswith("-") or order not in ORDERS
    by_column = column.desc(nulls_last=True) if is_falling else column.asc(nulls_last=True)
    return rows.order_by(by_column, "-version").prefetch_related("aliases", "tags")


def numbers_beside(version: ModelVersion) -> tuple[int | None, int | None]:
    """Return the numbers of the versions before and after ``version``. Users who see one version see all of a model."""
    others = ModelVersion.objects.filter(registered_model=OuterRef("registered_model"))
    before = others.filter(version__lt=version.version).order_by("-version").values("version")[:1]
    after = others.filter(version__gt=version.version).order_by("version").values("version")[:1]
    row = ModelVersion.objects.filter(pk=version.pk).annotate(before=Subquery(before), after=Subquery(after))
    return row.values_list("before", "after").get()


def columns_of(versions: Iterable[ModelVersion]) -> tuple[list[str], list[str]]:
    """Return the names of the metrics and of the parameters that ``versions`` have, each once."""
    rows = list(versions)
    metrics = {name for version in rows for name in version_details.latest_metrics(version.metrics)}
    params = {param["name"] for version in rows for param in version.params}
    return sorted(metrics), sorted(params)


def main_metrics(versions: Iterable[ModelVersion], most: int) -> list[str]:
    """Return the names of up to ``most`` metrics, the most common first; of equally common ones, first those that can
    be judged."""
    counts = Counter(name for version in versions for name in version_details.latest_metrics(version.metrics))
    return sorted(counts, key=lambda name: (-counts[name], direction_of(name) is None, name))[:most]


def cells(version: ModelVersion, metrics: Iterable[str], params: Iterable[str]) -> list[Any]:
    """Return the values of the chosen metrics (numbers) and parameters (texts) of a version; None where it has none."""
    measured, set_to = version_details.latest_metrics(version.metrics), version_details.params_of(version)
    return [*(measured.get(name) for name in metrics), *(set_to.get(name) for name in params)]


def _with(words: str) -> Q:
    tagged = ModelVersionTag.objects.filter(Q(key__icontains=words) | Q(value__icontains=words))
    aliased = Alias.objects.filter(name__icontains=words.removeprefix("@"))
    numbered = Q(version=int(words)) if re.fullmatch(r"[0-9]{1,9}", words) else Q()
    return (
        numbered
        | Q(comment__icontains=words)
        | Q(created_by__icontains=words)
        | Q(pk__in=tagged.values("subject"))
        | Q(pk__in=aliased.values("model_version"))
    )
