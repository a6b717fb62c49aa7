"""The tables of the catalog, one module per subject."""

from registry.models.access import AccessRequest, Notification
from registry.models.artifacts import Artifact
from registry.models.events import AuditEvent, AuditSeal
from registry.models.grants import (
    CatalogGroupGrant,
    CatalogUserGrant,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    RegisteredModelGroupGrant,
    RegisteredModelUserGrant,
    SchemaGroupGrant,
    SchemaUserGrant,
)
from registry.models.hierarchy import Catalog, Metastore, ModelVersion, RegisteredModel, Schema, Securable
from registry.models.jobs import Job, JobLost, reason_of
from registry.models.lineage import LineageEdge
from registry.models.metadata import Alias, CatalogTag, ModelVersionTag, RegisteredModelTag, SchemaTag, TagPolicy
from registry.models.personal import Pin, SavedSearch
from registry.models.revision import Revision
from registry.models.statements import StatementResult

__all__ = [
    "AccessRequest",
    "Alias",
    "Artifact",
    "AuditEvent",
    "AuditSeal",
    "Catalog",
    "CatalogGroupGrant",
    "CatalogTag",
    "CatalogUserGrant",
    "Job",
    "JobLost",
    "LineageEdge",
    "Metastore",
    "MetastoreGroupGrant",
    "MetastoreUserGrant",
    "ModelVersion",
    "ModelVersionTag",
    "Notification",
    "Pin",
    "RegisteredModel",
    "RegisteredModelGroupGrant",
    "RegisteredModelTag",
    "RegisteredModelUserGrant",
    "Revision",
    "SavedSearch",
    "Schema",
    "SchemaGroupGrant",
    "SchemaTag",
    "SchemaUserGrant",
    "Securable",
    "StatementResult",
    "TagPolicy",
    "reason_of",
]
