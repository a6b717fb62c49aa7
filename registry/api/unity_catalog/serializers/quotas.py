"""Quotas, written."""

from __future__ import annotations

from typing import NotRequired, TypedDict

from django.utils import timezone

from accounts.models import User
from registry.api.fields import milliseconds
from registry.services.shared.quotas import Quota

PRINCIPAL = "PRINCIPAL"
"""Used where other quotas have the type of a securable, with the name of a user or service principal."""


class QuotaInfo(TypedDict):
    parent_securable_type: str
    parent_full_name: str
    quota_name: str
    quota_count: int
    quota_limit: int
    last_refreshed_at: int


class QuotaAnswer(TypedDict):
    quota_info: QuotaInfo


class QuotaList(TypedDict):
    quotas: list[QuotaInfo]
    next_page_token: NotRequired[str]


def quota_info(quota: Quota) -> QuotaInfo:
    parent = quota.parent
    kind, name = (PRINCIPAL, parent.user_name) if isinstance(parent, User) else (
        parent.securable_type.value, parent.full_name
    )  # fmt: skip
    return {
        "parent_securable_type": kind,
        "parent_full_name": name,
        "quota_name": quota.name,
        "quota_count": quota.count,
        "quota_limit": quota.limit,
        "last_refreshed_at": milliseconds(timezone.now()),
    }
