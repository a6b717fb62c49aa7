"""Facets: what distinguishes the models that a search finds, how many have each value, and narrowing to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Concat

from registry import authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Alias, ModelVersion, RegisteredModel, RegisteredModelTag
from registry.search.conditions import having
from registry.services.hierarchy import registered_models

CAP = 1_000
"""How many models are counted. Where a search finds more, these are any of them, and «312+» means at least."""
SHOWN = 8
"""Values of a facet that are offered: those that most models have."""

Models = QuerySet[RegisteredModel]


@dataclass(frozen=True)
class FacetCount:
    """A value of a facet, and how many of the models that were found have it (``is_least``: that many or more)."""

    value: str
    count: int
    is_least: bool = False

    @property
    def words(self) -> str:
        return f"{self.count:,}{'+' if self.is_least else ''}"


@dataclass(frozen=True)
class Facet:
    """``narrow``: the models that have a value; ``rows``: one row a model and value, with the column ``term``.

    ``is_metadata``: BROWSE is not enough to see it.
    """

    narrow: Callable[[str], Q]
    rows: Callable[[list[int]], QuerySet[Any, Any]]
    is_metadata: bool = False


def _of(table: QuerySet[Any], subject: str, value: Any) -> Callable[[list[int]], QuerySet[Any, Any]]:
    """Rows of another table that belong to the models with the given keys."""

    def rows(keys: list[int]) -> QuerySet[Any, Any]:
        near = table.filter(**{f"{subject}__in": keys}).order_by()
        counted: QuerySet[Any, Any] = near.values(term=value).annotate(count=Count(subject, distinct=True))
        return counted

    return rows


def _own(value: Any) -> Callable[[list[int]], QuerySet[Any, Any]]:
    models = RegisteredModel.objects.order_by()
    return lambda keys: models.filter(pk__in=keys).values(term=value).annotate(count=Count("pk"))


def _tagged(text: str) -> Q:
    key, _, value = text.partition("=")
    return _with_tag(key, value)


def _with_tag(key: str, value: str) -> Q:
    return having(RegisteredModelTag.objects.filter(key=key, value=value), "subject")


def _with_version(**columns: str) -> Q:
    return having(ModelVersion.objects.filter(**columns), "registered_model")


FACETS: dict[str, Facet] = {
    "catalog": Facet(lambda name: Q(schema__catalog__name=name), _own(F("schema__catalog__name"))),
    "owner": Facet(
        lambda name: Q(owner_user__user_name=name) | Q(owner_group__name=name),
        _own(Coalesce("owner_user__user_name", "owner_group__name", Value(""))),
    ),
    "certification": Facet(
        lambda status: _with_tag(names.CERTIFICATION, status),
        _of(RegisteredModelTag.objects.filter(key=names.CERTIFICATION), "subject", F("value")),
    ),
    "tag": Facet(
        _tagged,
        _of(
            RegisteredModelTag.objects.exclude(key__in=names.SYSTEM_TAGS), "subject", Concat("key", Value("="), "value")
        ),
    ),
    "alias": Facet(
        lambda name: having(Alias.objects.filter(folded=name), "registered_model"),
        _of(Alias.objects.all(), "registered_model", F("folded")),
    ),
    "flavor": Facet(
        lambda name: _with_version(flavor=name),
        _of(ModelVersion.objects.exclude(flavor=""), "registered_model", F("flavor")),
        is_metadata=True,
    ),
    "status": Facet(
        lambda name: _with_version(status=name), _of(ModelVersion.objects.all(), "registered_model", F("status"))
    ),
}


def search_models(*, actor: Actor, where: str, chosen: Mapping[str, str]) -> Models:
    """Return the models that ``actor`` can see, that ``where`` finds and that have all of ``chosen``."""
    models = registered_models.search_known_models(actor=actor, where=where)
    for name, value in chosen.items():
        if FACETS[name].is_metadata:
            models = _readable(actor, models)
        models = models.filter(FACETS[name].narrow(value))
    return models


def count_facets(
    *, actor: Actor, where: str, chosen: Mapping[str, str]
) -> tuple[FacetCount, dict[str, list[FacetCount]]]:
    """Return how many models are found, and the values of each facet among them, those with most models first.

    Empty facets are left out.
    """
    models = search_models(actor=actor, where=where, chosen=chosen)
    keys = list(models.order_by().values_list("pk", flat=True)[: CAP + 1])
    is_least = len(keys) > CAP
    if is_least:
        # Any of them, by a random column: the first by name or by age would be in the same few catalogs.
        keys = list(models.order_by("uid").values_list("pk", flat=True)[:CAP])
    readable = list(_readable(actor, RegisteredModel.objects.filter(pk__in=keys)).values_list("pk", flat=True))
    counts = {
        name: _counts(facet.rows(readable if facet.is_metadata else keys), is_least) for name, facet in FACETS.items()
    }
    return FacetCount("", len(keys), is_least), {name: values for name, values in counts.items() if values}


def flavors_of(*, actor: Actor, models: Sequence[RegisteredModel]) -> dict[int, str]:
    """Return the flavor of the newest version that is ready, by the keys of what of ``models`` ``actor`` may read."""
    readable = _readable(actor, RegisteredModel.objects.filter(pk__in=[model.pk for model in models]))
    ready = ModelVersion.objects.filter(registered_model=OuterRef("pk"), status=ModelVersion.Status.READY)
    newest = Subquery(ready.order_by("-version").values("flavor")[:1])
    return {key: flavor for key, flavor in readable.annotate(newest=newest).values_list("pk", "newest") if flavor}


def _readable(actor: Actor, models: Models) -> Models:
    return authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, models)


def _counts(rows: QuerySet[Any, Any], is_least: bool) -> list[FacetCount]:
    most = rows.exclude(term="").order_by("-count", "term")[:SHOWN]
    return [FacetCount(row["term"], row["count"], is_least) for row in most]
