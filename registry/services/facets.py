"""Facets: what tells the models that a search finds apart, how many there are of each, and narrowing to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Value
from django.db.models.functions import Coalesce, Concat

from registry.actor import Actor
from registry.models import Alias, ModelVersion, RegisteredModel, RegisteredModelTag
from registry.services import registered_models

CAP = 1_000
"""Counts stop here: beyond it «1,000+» says as much."""
SHOWN = 8
"""Values of a facet that are offered: those of which there are most."""

Models = QuerySet[RegisteredModel]


@dataclass(frozen=True)
class FacetCount:
    """A value of a facet, and how many of the models that were found have it (``CAP`` for that many or more)."""

    value: str
    count: int

    @property
    def words(self) -> str:
        return f"{CAP:,}+" if self.count >= CAP else str(self.count)


@dataclass(frozen=True)
class Facet:
    """``narrow``: the models that have a value; ``rows``: one row a model and value, with the column ``term``."""

    narrow: Callable[[str], Q]
    rows: Callable[[Models], QuerySet[Any, Any]]


def _of(table: QuerySet[Any], subject: str, value: Any) -> Callable[[Models], QuerySet[Any, Any]]:
    """Rows of another table that belong to the models that were found."""

    def rows(found: Models) -> QuerySet[Any, Any]:
        near = table.filter(**{f"{subject}__in": found.order_by().values("pk")})
        counted: QuerySet[Any, Any] = near.order_by().values(term=value).annotate(count=Count(subject, distinct=True))
        return counted

    return rows


def _own(value: Any) -> Callable[[Models], QuerySet[Any, Any]]:
    return lambda found: found.order_by().values(term=value).annotate(count=Count("pk"))


def _tagged(text: str) -> Q:
    key, _, value = text.partition("=")
    return Q(pk__in=RegisteredModelTag.objects.filter(key=key, value=value).values("subject"))


def _with_version(**columns: str) -> Q:
    return Q(pk__in=ModelVersion.objects.filter(**columns).values("registered_model"))


FACETS: dict[str, Facet] = {
    "catalog": Facet(lambda name: Q(schema__catalog__name=name), _own(F("schema__catalog__name"))),
    "owner": Facet(
        lambda name: Q(owner_user__user_name=name) | Q(owner_group__name=name),
        _own(Coalesce("owner_user__user_name", "owner_group__name", Value(""))),
    ),
    "tag": Facet(_tagged, _of(RegisteredModelTag.objects.all(), "subject", Concat("key", Value("="), "value"))),
    "alias": Facet(
        lambda name: Q(pk__in=Alias.objects.filter(folded=name).values("registered_model")),
        _of(Alias.objects.all(), "registered_model", F("folded")),
    ),
    "flavor": Facet(
        lambda name: _with_version(flavor=name),
        _of(ModelVersion.objects.exclude(flavor=""), "registered_model", F("flavor")),
    ),
    "status": Facet(
        lambda name: _with_version(status=name), _of(ModelVersion.objects.all(), "registered_model", F("status"))
    ),
}


def search_models(*, actor: Actor, where: str, chosen: Mapping[str, str]) -> Models:
    """The models that ``actor`` may know of, that the filter ``where`` asks for, and that have what is ``chosen``."""
    found = registered_models.search_known_models(actor=actor, where=where)
    for name, value in chosen.items():
        found = found.filter(FACETS[name].narrow(value))
    return found


def count_facets(*, actor: Actor, where: str, chosen: Mapping[str, str]) -> dict[str, list[FacetCount]]:
    """The values of each facet among the models found, those with the most models first; empty facets are left out."""
    found = search_models(actor=actor, where=where, chosen=chosen)
    told = {name: _counts(facet.rows(found)) for name, facet in FACETS.items()}
    return {name: values for name, values in told.items() if values}


def _counts(rows: QuerySet[Any, Any]) -> list[FacetCount]:
    most = rows.exclude(term="").order_by("-count", "term")[:SHOWN]
    return [FacetCount(row["term"], min(row["count"], CAP)) for row in most]
