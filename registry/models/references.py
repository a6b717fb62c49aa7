"""Rows that refer to one object of the tree."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from registry.models.hierarchy import Catalog, RegisteredModel, Schema

_COLUMNS = ("catalog", "schema", "registered_model")


def refers_to_one(name: str) -> models.CheckConstraint:
    """Return the constraint, called ``name``, that exactly one of the columns of ``RefersToOne`` is set."""
    condition = Q()
    for column in _COLUMNS:
        condition |= Q(**{f"{other}__isnull": other != column for other in _COLUMNS})
    return models.CheckConstraint(condition=condition, name=name)


class RefersToOne(models.Model):
    """A row about a catalog, a schema or a model, and deleted with it: one of three columns is set (``refers_to_one``).

    Three foreign keys, not a generic one: the database enforces them, and deletes the row with the object.
    """

    catalog = models.ForeignKey(Catalog, null=True, on_delete=models.CASCADE, related_name="+")
    schema = models.ForeignKey(Schema, null=True, on_delete=models.CASCADE, related_name="+")
    registered_model = models.ForeignKey(RegisteredModel, null=True, on_delete=models.CASCADE, related_name="+")

    class Meta:
        abstract = True

    @property
    def securable(self) -> Catalog | Schema | RegisteredModel:
        """The object; its row is read when it is first asked for."""
        securable = self.catalog or self.schema or self.registered_model
        assert securable is not None  # the constraint says so
        return securable
