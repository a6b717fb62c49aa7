"""The tables of the catalog, one module per subject."""

from registry.models.access import AccessRequest
from registry.models.artifacts import Artifact, ArtifactWrite, Damage, UploadPart
from registry.models.clock import Clock, WorkerBeat
from registry.models.denials import DenialTally
from registry.models.discussions import DiscussionComment, Watch
from registry.models.events import AuditEvent, AuditSeal, EventCursor
from registry.models.experiments import Experiment
from registry.models.grants import (
    CatalogGroupGrant,
    CatalogUserGrant,
    ExperimentGroupGrant,
    ExperimentUserGrant,
    ExternalMetadataGroupGrant,
    ExternalMetadataUserGrant,
    MetastoreGroupGrant,
    MetastoreUserGrant,
    RegisteredModelGroupGrant,
    RegisteredModelUserGrant,
    SchemaGroupGrant,
    SchemaUserGrant,
    TableGroupGrant,
    TableUserGrant,
    rewrite_grants,
)
from registry.models.hierarchy import (
    Catalog,
    ExternalMetadata,
    Metastore,
    RegisteredModel,
    Schema,
    Securable,
    Table,
)
from registry.models.imports import Import
from registry.models.installation import DeletionHold, Installation
from registry.models.jobs import Job, JobLost, reason_of
from registry.models.lineage import LineageEdge, LineageNode, LoadCount, Relationship, UnreadRun
from registry.models.metadata import (
    Alias,
    CatalogTag,
    Deprecation,
    ModelVersionTag,
    RegisteredModelTag,
    SchemaTag,
    TagPolicy,
    TagPolicyAssigner,
)
from registry.models.notifications import MailPreference, Notification
from registry.models.personal import DefaultNamespace, Pin, SavedSearch
from registry.models.revision import Revision
from registry.models.run_artifacts import ArtifactRoot, RunArtifact
from registry.models.statements import StatementResult
from registry.models.trash import TrashedFiles, TrashedRows, TrashEntry, TrashManager
from registry.models.versions import Governed, ModelVersion
from registry.models.workspace import WorkspaceFile

__all__ = [
    "AccessRequest",
    "Alias",
    "Artifact",
    "ArtifactRoot",
    "ArtifactWrite",
    "AuditEvent",
    "AuditSeal",
    "Catalog",
    "CatalogGroupGrant",
    "CatalogTag",
    "CatalogUserGrant",
    "Clock",
    "Damage",
    "DefaultNamespace",
    "DeletionHold",
    "DenialTally",
    "Deprecation",
    "DiscussionComment",
    "EventCursor",
    "Experiment",
    "ExperimentGroupGrant",
    "ExperimentUserGrant",
    "ExternalMetadata",
    "ExternalMetadataGroupGrant",
    "ExternalMetadataUserGrant",
    "Governed",
    "Import",
    "Installation",
    "Job",
    "JobLost",
    "LineageEdge",
    "LineageNode",
    "LoadCount",
    "MailPreference",
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
    "Relationship",
    "Revision",
    "RunArtifact",
    "SavedSearch",
    "Schema",
    "SchemaGroupGrant",
    "SchemaTag",
    "SchemaUserGrant",
    "Securable",
    "StatementResult",
    "Table",
    "TableGroupGrant",
    "TableUserGrant",
    "TagPolicy",
    "TagPolicyAssigner",
    "TrashEntry",
    "TrashManager",
    "TrashedFiles",
    "TrashedRows",
    "UnreadRun",
    "UploadPart",
    "Watch",
    "WorkerBeat",
    "WorkspaceFile",
    "reason_of",
    "rewrite_grants",
]
