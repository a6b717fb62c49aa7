"""What concerns a user: their models, and those that they watch."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from accounts.models import group_ids_of
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import RegisteredModel, Schema, Watch
from registry.models.filing import attach_containers
from registry.services.labels.certification import with_certification


def list_own_models(*, actor: Actor, most: int) -> list[RegisteredModel]:
    """Return the models that ``actor`` or one of its groups owns, the last changed first."""
    me = actor.principal
    own = RegisteredModel.objects.filter(Q(owner_user=me.pk) | Q(owner_group__in=group_ids_of(me)))
    return _newest(actor, own, most)


def list_watched_models(*, actor: Actor, most: int) -> list[RegisteredModel]:
    """Return the models all of whose activity ``actor`` chose to hear of, the last changed first."""
    watched = Watch.objects.filter(user=actor.principal.pk, level=Watch.Level.EVERYTHING)
    return _newest(actor, RegisteredModel.objects.filter(pk__in=watched.values("registered_model")), most)


def schema_to_register_in(*, actor: Actor) -> Schema | None:
    """Return the first schema in which ``actor`` may create models."""
    schemas = Schema.objects.select_related("catalog").order_by("catalog__name", "name")
    return authorization.permitted(actor, Operation.CREATE_REGISTERED_MODEL, schemas, listing=True).first()


def _newest(actor: Actor, models: Any, most: int) -> list[RegisteredModel]:
    known = authorization.visible(actor, models.order_by("-updated_at", "pk"))
    rows = with_certification(known.prefetch_related("aliases__model_version"))[:most]
    return attach_containers(rows, lambda model: model)
