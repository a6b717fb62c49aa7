"""Resource quotas: how much there is, and how much there may be."""

from __future__ import annotations

from registry.api.base import Params, asks
from registry.api.fields import PageFields
from registry.api.unity_catalog.serializers import quotas as wire
from registry.api.unity_catalog.views.base import DialectView
from registry.services.shared import quotas


class ResourceQuota(DialectView):
    @asks()
    def get(self, parent_type: str, parent_full_name: str, quota_name: str) -> wire.QuotaAnswer:
        """Return a quota of a securable, or (an addition of ours) of a principal, whose type is PRINCIPAL."""
        if parent_type.upper() == wire.PRINCIPAL:
            quota = quotas.get_quota_of_principal(actor=self.actor, user_name=parent_full_name, name=quota_name)
        else:
            parent = self.securable(parent_type, parent_full_name)
            quota = quotas.get_quota(actor=self.actor, parent=parent, name=quota_name)
        return {"quota_info": wire.quota_info(quota)}


class ResourceQuotas(DialectView):
    @asks(PageFields)
    def get(self, params: Params) -> wire.QuotaList:
        rows = quotas.list_quotas(actor=self.actor)
        return {"quotas": [wire.quota_info(quota) for quota in rows]}
