"""What a principal would see if it asked: for administrators, who see all of it anyway. Each look is an event."""

from __future__ import annotations

from collections.abc import Sequence

from django.contrib.auth.models import Group
from django.db.models import QuerySet

from accounts.models import User
from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Catalog, Metastore, RegisteredModel, Schema

ABILITIES = (Operation.READ_ARTIFACTS, Operation.CREATE_MODEL_VERSION, Operation.SET_TAG, Operation.SET_ALIAS)
"""What is checked for each model."""


def view_as(*, actor: Actor, principal: User | Group) -> Actor:
    """Return ``principal`` as an actor, to pass to ``list_models`` and the others here; it is recorded.

    A group acts as someone who is in it and in nothing else.
    """
    authorization.require(actor, Operation.MANAGE_PRINCIPALS, Metastore.current())
    audit.viewed_as_principal(actor, principal)
    return authorization.member_of(principal) if isinstance(principal, Group) else Actor(principal=principal)


def count_containers(*, seer: Actor) -> tuple[int, int]:
    """Return how many catalogs and schemas ``seer`` sees; an account that is not active sees nothing."""
    if not seer.principal.is_active:
        return 0, 0
    rows: tuple[QuerySet[Catalog] | QuerySet[Schema], ...] = (Catalog.objects.all(), Schema.objects.all())
    catalogs, schemas = (authorization.visible(seer, each).count() for each in rows)
    return catalogs, schemas


def list_models(*, seer: Actor) -> QuerySet[RegisteredModel]:
    """Return the models that ``seer`` sees, by full name."""
    if not seer.principal.is_active:
        return RegisteredModel.objects.none()
    containers_and_owners = "schema__catalog", "owner_user", "owner_group"
    rows = RegisteredModel.objects.select_related(*containers_and_owners).order_by("filed_as", "pk")
    return authorization.visible(seer, rows, listing=True)


def abilities_on(*, seer: Actor, models: Sequence[RegisteredModel]) -> dict[int, list[Operation]]:
    """Return which of ``ABILITIES`` ``seer`` has, by the keys of ``models``."""
    rows = RegisteredModel.objects.filter(pk__in=[model.pk for model in models])
    able: dict[int, list[Operation]] = {model.pk: [] for model in models}
    for operation in ABILITIES:
        for key in authorization.permitted(seer, operation, rows).values_list("pk", flat=True):
            able[key].append(operation)
    return able
