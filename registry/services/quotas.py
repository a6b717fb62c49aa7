"""Quotas: how many objects an installation allows. Off unless its settings say otherwise."""

from django.conf import settings
from django.db.models import Model, QuerySet

from registry.exceptions import QuotaExceeded


def require_room(quota: str, what: str, where: str, existing: "QuerySet[Model]") -> None:
    """Raise QuotaExceeded if one more row beside ``existing`` would be over ``quota``."""
    limit = settings.QUOTAS[quota]
    if limit is not None and (count := existing.count()) >= limit:
        raise QuotaExceeded(f"Cannot create 1 {what}(s) in {where} (estimated count: {count + 1}, limit: {limit}).")
