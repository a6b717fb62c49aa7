"""The actions that events record: the name of each, how it is worded, what it is about, who reads about it, whether it
is news. To add an event, add a line here, and a function in ``registry.audit`` that records it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum, StrEnum, auto
from typing import Any

from registry.audit import wording

Parameters = Mapping[str, Any]


class About(StrEnum):
    """What can happen to an object, by what it is about."""

    NAMES = auto()
    VERSIONS = auto()
    ALIASES = auto()
    TAGS = auto()
    COMMENTS = auto()
    ACCESS = auto()
    DOWNLOADS = auto()


class For(Enum):
    """Who hears of an action besides administrators and managers."""

    READERS = auto()
    """Users who read the object: it is a change of the object itself. (Rights and downloads are for managers.)"""
    WATCHERS = auto()
    """Users who watch the model are notified. (For comments, the service that takes them does this.)"""


READERS, NEWS = For.READERS, For.WATCHERS


class Action(StrEnum):
    """An action, named as in Databricks' audit log (service ``unityCatalog``), where that has one.

    ``words`` make a sentence without a subject of an event's parameters: as a format, or as a function.
    """

    words: str | Callable[[Parameters], str]
    about: About | None
    audience: frozenset[For]

    CREATE_CATALOG = "createCatalog", "created the catalog", About.NAMES, READERS
    CREATE_SCHEMA = "createSchema", "created the schema {name}", About.NAMES, READERS
    CREATE_REGISTERED_MODEL = "createRegisteredModel", "created the model {name}", About.NAMES, READERS
    UPDATE_METASTORE = "updateMetastore", "changed the settings of the metastore", About.NAMES
    UPDATE_CATALOG = "updateCatalog", wording.updated, About.NAMES, READERS
    UPDATE_SCHEMA = "updateSchema", wording.updated, About.NAMES, READERS
    UPDATE_REGISTERED_MODEL = "updateRegisteredModel", wording.updated, About.NAMES, READERS, NEWS
    DELETE_CATALOG = "deleteCatalog", "deleted the catalog", About.NAMES
    DELETE_SCHEMA = "deleteSchema", "deleted the schema {full_name_arg}", About.NAMES
    DELETE_REGISTERED_MODEL = "deleteRegisteredModel", "deleted the model {full_name_arg}", About.NAMES
    RESTORE_FROM_TRASH = "restoreFromTrash", "restored {full_name_arg} from the trash", About.NAMES, READERS
    PURGE_FROM_TRASH = "purgeFromTrash", "deleted {full_name_arg} in the trash forever", About.NAMES
    IMPORT_REGISTRY = "importRegistry", "began to import from {address}"
    IMPORT_ENDED = "importEnded", "imported {versions} versions of {models} models from {address}"
    CREATE_TABLE = "createTable", "created the table {name}", About.NAMES, READERS
    UPDATE_TABLE = "updateTables", wording.updated, About.NAMES, READERS
    DELETE_TABLE = "deleteTable", "deleted the table {full_name_arg}", About.NAMES
    CREATE_MODEL_VERSION = "createModelVersion", "began to register version {version_arg}", About.VERSIONS, READERS
    COPY_MODEL_VERSION = (
        "copyModelVersion",
        "began to copy a version into version {version_arg}",
        About.VERSIONS,
        READERS,
    )
    UPDATE_MODEL_VERSION = "updateModelVersion", "described version {version_arg}", About.VERSIONS, READERS
    FINALIZE_MODEL_VERSION = "finalizeModelVersion", wording.registered, About.VERSIONS, READERS, NEWS
    WRITE_MODEL_VERSION_ARTIFACTS = "writeModelVersionArtifacts", wording.written
    FAIL_MODEL_VERSION = "failModelVersion", "could not fill version {version_arg}", About.VERSIONS, READERS, NEWS
    DELETE_MODEL_VERSION = "deleteModelVersion", "deleted version {version_arg}", About.VERSIONS, READERS, NEWS
    SET_REGISTERED_MODEL_ALIAS = "setRegisteredModelAlias", wording.alias, About.ALIASES, READERS, NEWS
    DELETE_REGISTERED_MODEL_ALIAS = (
        "deleteRegisteredModelAlias",
        "removed the alias {alias_arg}",
        About.ALIASES,
        READERS,
        NEWS,
    )
    UPDATE_TAG_SECURABLE_ASSIGNMENTS = "UpdateTagSecurableAssignments", wording.tags, About.TAGS, READERS
    UPDATE_TAG_SUBENTITY_ASSIGNMENTS = "UpdateTagSubentityAssignments", wording.tags_of_version, About.TAGS, READERS
    UPDATE_PERMISSIONS = "updatePermissions", wording.grants, About.ACCESS
    CREATE_COMMENT = "createComment", wording.commented, About.COMMENTS, READERS
    UPDATE_COMMENT = "updateComment", wording.comment_edited, About.COMMENTS, READERS
    DELETE_COMMENT = "deleteComment", wording.comment_deleted, About.COMMENTS, READERS
    GENERATE_COMMENT = "generateComment", "had {model} suggest a description", About.NAMES
    REQUEST_ACCESS = "requestAccess", wording.access_requested, About.ACCESS
    DECIDE_ACCESS_REQUEST = "decideAccessRequest", wording.access_decided, About.ACCESS
    WITHDRAW_ACCESS_REQUEST = "withdrawAccessRequest", wording.access_withdrawn, About.ACCESS
    GENERATE_TEMPORARY_MODEL_VERSION_CREDENTIAL = (
        "generateTemporaryModelVersionCredential",
        wording.credential,
        About.DOWNLOADS,
    )
    DOWNLOAD_MODEL_VERSION_ARTIFACT = (
        "downloadModelVersionArtifact",
        "downloaded {path} of version {version_arg}",
        About.DOWNLOADS,
    )
    VIEW_MODEL_VERSION_ARTIFACT = (
        "viewModelVersionArtifact",
        "looked at {path} of version {version_arg}",
        About.DOWNLOADS,
    )
    CREATE_EXTERNAL_METADATA = "createExternalMetadata", "created the external metadata {name}", About.NAMES, READERS
    UPDATE_EXTERNAL_METADATA = "updateExternalMetadata", wording.updated, About.NAMES, READERS
    DELETE_EXTERNAL_METADATA = "deleteExternalMetadata", "deleted the external metadata {name}", About.NAMES
    CREATE_EXPERIMENT = "createMlflowExperiment", "created the experiment {name}", About.NAMES, READERS
    RENAME_EXPERIMENT = "renameMlflowExperiment", "renamed the experiment {old_name} to {name}", About.NAMES, READERS
    UPDATE_EXPERIMENT = "updateMlflowExperiment", wording.updated, About.ACCESS, READERS
    DELETE_EXPERIMENT = "deleteMlflowExperiment", "deleted the experiment {name}", About.NAMES, READERS
    REMOVE_EXPERIMENT = "removeMlflowExperiment", "removed the experiment {name} for good", About.NAMES
    RESTORE_EXPERIMENT = "restoreMlflowExperiment", "restored the experiment {name}", About.NAMES, READERS
    LOGIN = "login", "signed in by {method}"
    LOGOUT = "logout", wording.signed_out
    GENERATE_DB_TOKEN = "generateDbToken", "made the token {comment!r} for {user}"
    REVOKE_DB_TOKEN = "revokeDbToken", "revoked the token {comment!r} of {user}"
    CREATE_SERVICE_PRINCIPAL_SECRET = "createServicePrincipalSecret", "made a secret for {user}"
    DELETE_SERVICE_PRINCIPAL_SECRET = "deleteServicePrincipalSecret", "deleted a secret of {user}"
    CREATE_TAG_POLICY = "createTagPolicy", wording.tag_governed
    UPDATE_TAG_POLICY = "updateTagPolicy", wording.tag_policy_changed
    DELETE_TAG_POLICY = "deleteTagPolicy", "deleted the policy of the tag {tag_key}"
    CREATE_USER = "createUser", "created {name}"
    UPDATE_USER = "updateUser", wording.user
    VIEW_AS_PRINCIPAL = "viewAsPrincipal", "looked at what {name} sees"
    DELETE_USER = "deleteUser", "deleted {name}"
    CREATE_GROUP = "createGroup", "created the group {name}"
    UPDATE_GROUP = "updateGroup", wording.group
    DELETE_GROUP = "deleteGroup", "deleted the group {name}"
    AUDIT_CHAIN_ACCEPTED = "auditChainAccepted", wording.accepted
    EMIT_MODEL_VERSION_LINEAGE = (
        "emitModelVersionLineage",
        "reported the lineage of version {version_arg}",
        About.VERSIONS,
    )
    CREATE_RELATIONSHIP = "createExternalLineage", "drew a relationship to or from something else", About.VERSIONS
    UPDATE_RELATIONSHIP = "updateExternalLineage", "changed a relationship to or from something else", About.VERSIONS
    DELETE_RELATIONSHIP = "deleteExternalLineage", "removed a relationship to or from something else", About.VERSIONS
    EMIT_LINEAGE = "emitLineage", "reported what the job {job} reads and writes"
    FOLDED_DENIALS = "foldedDenials", "was denied more often than is listed one by one"

    def __new__(
        cls, name: str, words: str | Callable[[Parameters], str], about: About | None = None, *audience: For
    ) -> Action:
        action = str.__new__(cls, name)
        action._value_, action.words, action.about, action.audience = name, words, about, frozenset(audience)
        return action

    def say(self, parameters: Parameters) -> str:
        """Return the sentence for an event with ``parameters``."""
        return self.words.format_map(parameters) if isinstance(self.words, str) else self.words(parameters)


def action_called(name: str) -> Action | None:
    """Return the action of that name; None for one of an older release."""
    return _BY_NAME.get(name)


def actions_about(about: About) -> list[Action]:
    """Return the actions that are about that."""
    return [action for action in Action if action.about is about]


def actions_for(audience: For) -> list[Action]:
    """Return the actions of which that audience hears."""
    return [action for action in Action if audience in action.audience]


_BY_NAME = {action.value: action for action in Action}
