"""Full names of models in queries.

The names of the containers are the truth. ``filed_as`` repeats them, for lists to be sorted and filtered by an index;
a job of the kind REFILE writes it again after a container was renamed. Until it has ended, filters compute the name.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db.models import F, Model, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.compiled_queries import CompiledQuery, CompiledQueryForKeys, rows_of
from registry.models.hierarchy import Catalog, RegisteredModel, Schema
from registry.models.jobs import Job
from registry.names import FullName

Row = TypeVar("Row", bound=Model)

SHOWN_NAME = "shown_name"


def named(name: FullName, path: str = "") -> Q:
    """Match the model of that name: for a filter over models, or over rows from which ``path`` leads to their model."""
    return Q(
        **{
            f"{path}schema__catalog__name": name.catalog,
            f"{path}schema__name": name.schema,
            f"{path}name": name.model,
        }
    )


def attach_containers(rows: Iterable[Row], model_of: Callable[[Row], RegisteredModel]) -> list[Row]:
    """Give the models of ``rows`` their containers, and return the rows whose containers still exist.

    Containers are few, and are read once: a join repeats them, and SQLite may begin it with them, and then sort all
    models to show ten. Only names and keys of containers are read; callers that need more read it then.
    """
    listed, schemas = list(rows), {}
    for values in _CONTAINERS(model_of(row).schema_id for row in listed):
        schema, schema.catalog = rows_of(values, (Schema, _SCHEMA), (Catalog, _CATALOG))
        schemas[schema.pk] = schema
    there = [row for row in listed if model_of(row).schema_id in schemas]
    for model in map(model_of, there):
        model.schema = schemas[model.schema_id]
    return there


def with_shown_name(rows: QuerySet[Row], path: str = "") -> QuerySet[Row]:
    """Let ``rows`` be filtered by ``SHOWN_NAME``, the full name of their model as it is displayed."""
    is_behind = bool(_UNFINISHED())
    shown: QuerySet[Row] = rows.alias(**{SHOWN_NAME: computed_name(path) if is_behind else F(f"{path}filed_as")})
    return shown


def computed_name(path: str = "") -> Concat:
    """Compute the full name of a model from those of its containers. No index serves it."""
    dot = Value(".")
    return Concat(f"{path}schema__catalog__name", dot, f"{path}schema__name", dot, f"{path}name")


_SCHEMA, _CATALOG = ["id", "name", "catalog_id"], ["id", "name"]
_CONTAINERS = CompiledQueryForKeys(
    lambda keys: (
        Schema.objects.filter(pk__in=keys)
        .order_by()
        .values_list(*_SCHEMA, *(f"catalog__{column}" for column in _CATALOG))
    )
)
_UNFINISHED = CompiledQuery(
    lambda: Job.objects.unfinished().filter(kind=Job.Kind.REFILE).order_by().values_list("pk")[:1]
)
