"""Full names of models in queries.

The names of the containers are the truth. ``filed_as`` repeats them, for lists to be sorted and filtered by an index;
a job of the kind REFILE writes it anew after a container was renamed. Until it has ended, filters compute the name.
"""

from __future__ import annotations

from typing import TypeVar

from django.db.models import F, Model, Prefetch, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.prepared import Prepared
from registry.models.hierarchy import Schema
from registry.models.jobs import Job
from registry.names import FullName

Row = TypeVar("Row", bound=Model)

SHOWN_NAME = "shown_name"


def named(name: FullName, path: str = "") -> Q:
    """The model of that name: for a filter over models, or over rows from which ``path`` leads to their model."""
    return Q(
        **{
            f"{path}schema__catalog__name": name.catalog,
            f"{path}schema__name": name.schema,
            f"{path}name": name.model,
        }
    )


def containers_of(path: str = "") -> Prefetch[str]:
    """The names of the containers, for ``prefetch_related``: few containers are read once for many models.

    In a join SQLite may begin with them, and then sorts all models to show ten.
    """
    return Prefetch(f"{path}schema", Schema.objects.select_related("catalog").only("name", "catalog__name"))


def with_shown_name(rows: QuerySet[Row], path: str = "") -> QuerySet[Row]:
    """Let ``rows`` be filtered by ``SHOWN_NAME``, the full name of their model as it is displayed."""
    is_behind = bool(_UNFINISHED())
    shown: QuerySet[Row] = rows.alias(**{SHOWN_NAME: computed_name(path) if is_behind else F(f"{path}filed_as")})
    return shown


def computed_name(path: str = "") -> Concat:
    """The full name of a model from those of its containers. No index serves it."""
    dot = Value(".")
    return Concat(f"{path}schema__catalog__name", dot, f"{path}schema__name", dot, f"{path}name")


_UNFINISHED = Prepared(lambda: Job.objects.unfinished().filter(kind=Job.Kind.REFILE).order_by().values_list("pk")[:1])
