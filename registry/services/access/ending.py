"""Grants that have ended by the clock. No one holds them any more by then; this cleans up and records it."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Model, QuerySet
from django.utils import timezone

from accounts.models import User
from registry import audit
from registry.actor import Actor
from registry.kinds import KINDS
from registry.models import locks

AT_ONCE = 100
"""Objects of a kind that one tick cleans up: the next tick comes in seconds."""


def end_grants() -> None:
    """Delete the grants that have ended, and record that they have ended."""
    for kind in KINDS:
        if hasattr(kind.model, "user_grants"):
            ended: set[int] = set()
            for table in _tables(kind.model):
                ended |= set(_ended(table).order_by().values_list("content_object", flat=True).distinct()[:AT_ONCE])
            for key in ended:
                _end(kind.model, key)


def _tables(model: type[Model]) -> list[type[Any]]:
    """The tables of grants on objects of a kind: to users, and to groups."""
    return [getattr(model, name).rel.related_model for name in ("user_grants", "group_grants")]


def _ended(table: type[Any]) -> QuerySet[Any]:
    rows: QuerySet[Any] = table.objects.filter(ends_at__lte=timezone.now())
    return rows


def _end(model: type[Model], key: int) -> None:
    clock = Actor(principal=User(user_name="system"), user_agent="tick")
    with transaction.atomic():
        locks.share_principals()
        securable: Any = model._default_manager.filter(pk=key).first()
        if securable is None:
            return
        locks.hold(securable)
        gone: dict[str, list[str]] = {}
        for table in _tables(model):
            rows = _ended(table).filter(content_object=securable).select_related("permission")
            holder = "user" if "user" in {field.name for field in table._meta.fields} else "group"
            for row in rows.select_related(holder):
                gone.setdefault(str(getattr(row, holder)), []).append(row.permission.codename.upper())
            rows.delete()
        changes = [
            {"principal": name, "add": [], "remove": sorted(privileges), "ended": True}
            for name, privileges in sorted(gone.items())
        ]
        if changes:
            audit.permissions_updated(clock, securable, changes)
