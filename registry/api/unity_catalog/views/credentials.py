"""Credentials of the store that keeps the files, for all clients of ``/api/2.1/unity-catalog``."""

from __future__ import annotations

from registry.api.base import Params, asks
from registry.api.fields import TemporaryCredentials
from registry.api.unity_catalog.serializers import credentials as wire
from registry.api.unity_catalog.views.model_versions import VersionView, full_name_of
from registry.models import ModelVersion
from registry.services.artifacts import lending
from registry.services.hierarchy import locations


class CredentialView(VersionView):
    def of_store(self, version: ModelVersion, *, write: bool) -> wire.StoreCredentials:
        vended = lending.vend_credential(actor=self.actor, version=version, write=write)
        return wire.of_store(vended.kind, vended.fields, vended.expires_at)


class TemporaryModelVersionCredentials(CredentialView):
    @asks(wire.VersionCredentials)
    def post(self, params: Params) -> TemporaryCredentials | wire.StoreCredentials:
        version = self.version(full_name_of(params), params["version"])
        write = params["operation"] == "READ_WRITE_MODEL_VERSION"
        if self.dialect.takes_credentials and not lending.lends_directories(version):
            return self.of_store(version, write=write)
        return self.vend(version, write=write)


class TemporaryPathCredentials(CredentialView):
    @asks(wire.PathCredentials)
    def post(self, params: Params) -> wire.StoreCredentials:
        """Vend a credential that reads the files of the version that lie at an address of the object store."""
        version = locations.get_model_version_at(actor=self.actor, url=params["url"])
        return self.of_store(version, write=False)
