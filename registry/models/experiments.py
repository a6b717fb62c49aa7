"""Experiments: what MLflow's runs belong to. Their runs are MLflow's own rows, in a database next to this one."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from registry import limits
from registry.models.fields import BinaryCharField
from registry.models.owned import Owned, one_owner
from registry.privileges import SecurableType, permissions_of


class Experiment(Owned):
    """An experiment, as a securable.

    ``experiment_id`` is MLflow's. It is missing while MLflow makes its row, and stays so where either process dies in
    the middle: a reader of such a row checks whether MLflow has one of that name (``registry.tracking``).
    """

    experiment_id = models.BigIntegerField(null=True, unique=True)
    name = BinaryCharField(max_length=limits.EXPERIMENT_NAME_LENGTH, unique=True)
    is_deleted = models.BooleanField(default=False)
    made_at = models.BigIntegerField(null=True, editable=False)
    """When an attached MLflow server made it, in milliseconds: its id is that server's. None for our own process's."""

    securable_type: ClassVar = SecurableType.EXPERIMENT

    class Meta:
        default_permissions = ()
        permissions = permissions_of(SecurableType.EXPERIMENT)
        ordering = ("name",)
        constraints = [
            one_owner("experiment"),
            models.CheckConstraint(
                condition=Q(name__length__gte=1, name__length__lte=limits.EXPERIMENT_NAME_LENGTH),
                name="experiment_name",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def full_name(self) -> str:
        return self.name

    @property
    def parent(self) -> None:
        """Nothing: an experiment inherits no grants."""
        return None
