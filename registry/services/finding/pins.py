"""Pins: what a user has put at the top of their tree."""

from __future__ import annotations

from typing import Any

from django.db.models import Q

from registry import authorization, limits
from registry.actor import Actor
from registry.exceptions import InvalidParameterValue
from registry.kinds import REFERRED_KINDS, reference_to
from registry.models import Pin, Securable


def list_pins(*, actor: Actor) -> list[Securable]:
    """Return what ``actor`` has pinned and can still see, the oldest pin first (one query)."""
    known = Q()
    for kind in REFERRED_KINDS:
        known |= Q(**{f"{kind.column}__in": authorization.visible(actor, kind.model._default_manager.order_by())})
    pins = Pin.objects.filter(known, user=actor.principal)
    rows = pins.select_related("catalog", "schema__catalog", "registered_model__schema__catalog")
    return [pin.securable for pin in rows]


def pin(*, actor: Actor, securable: Securable) -> None:
    """Pin an object that ``actor`` has found; one that is pinned already stays pinned."""
    mine = Pin.objects.filter(user=actor.principal)
    if mine.count() >= limits.PINS and not mine.filter(**_column(securable)).exists():
        raise InvalidParameterValue(f"You have {limits.PINS} pins: that is the limit.")
    Pin.objects.get_or_create(user=actor.principal, **_column(securable))


def unpin(*, actor: Actor, securable: Securable) -> None:
    """Take a pin away; harmless if there is none."""
    Pin.objects.filter(user=actor.principal, **_column(securable)).delete()


def _column(securable: Securable) -> dict[str, Any]:
    return reference_to(securable, "The metastore can't be pinned.")
