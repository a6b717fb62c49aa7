"""Quotas, written."""

from __future__ import annotations

from typing import TypedDict

from django.utils import timezone

from registry.api.fields import milliseconds
from registry.services.quotas import Quota


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
    next_page_token: str


def quota_info(quota: Quota) -> QuotaInfo:
    return {
        "parent_securable_type": quota.parent.securable_type.value,
        "parent_full_name": quota.parent.full_name,
        "quota_name": quota.name,
        "quota_count": quota.count,
        "quota_limit": quota.limit,
        "last_refreshed_at": milliseconds(timezone.now()),
    }
