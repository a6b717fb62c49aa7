"""What a refusal is: its kind, and what the audit log keeps of it. (How it gets there: ``registry.audit.denials``.)"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from registry.privileges import SecurableType


class DenialKind(StrEnum):
    """Why something was refused. The audit log names and counts refusals by it."""

    MISSING_PRIVILEGE = "MISSING_PRIVILEGE"
    NARROW_TOKEN = "NARROW_TOKEN"  # noqa: S105  # no password
    HIDDEN_OBJECT = "HIDDEN_OBJECT"
    NO_CREDENTIAL = "NO_CREDENTIAL"
    UNKNOWN_TOKEN = "UNKNOWN_TOKEN"  # noqa: S105
    EXPIRED_TOKEN = "EXPIRED_TOKEN"  # noqa: S105
    REVOKED_TOKEN = "REVOKED_TOKEN"  # noqa: S105
    FORGED_URL = "FORGED_URL"
    EXPIRED_URL = "EXPIRED_URL"
    REVOKED_URL = "REVOKED_URL"
    FORGED_UPLOAD_SESSION = "FORGED_UPLOAD_SESSION"
    FAILED_SIGN_IN = "FAILED_SIGN_IN"
    LOCKED_OUT = "LOCKED_OUT"
    WRONG_PASSWORD = "WRONG_PASSWORD"  # noqa: S105
    DEACTIVATED_ACCOUNT = "DEACTIVATED_ACCOUNT"
    OAUTH_REQUEST = "OAUTH_REQUEST"
    FORGED_FORM = "FORGED_FORM"
    NOT_STAFF = "NOT_STAFF"


class Attempt(StrEnum):
    """What is recorded only when it is refused, or finds what is hidden. (What is recorded when it succeeds, too:
    ``registry.audit.actions``.)"""

    AUTHENTICATE = "authenticate"
    CANCEL_JOB = "cancelJob"
    CHANGE_OWNER = "changeOwner"
    CHANGE_WORKSPACE_FILE = "changeWorkspaceFile"
    CONTINUE_UPLOAD = "continueUpload"
    DELETE_SAVED_SEARCH = "deleteSavedSearch"
    EDIT_EXPERIMENT = "editExperiment"
    GET_COMMENT = "getComment"
    GET_EXPERIMENT = "getExperiment"
    GET_EXTERNAL_METADATA = "getExternalMetadata"
    GET_JOB = "getJob"
    GET_MODEL_VERSION = "getModelVersion"
    GET_NOTIFICATION = "getNotification"
    GET_PERMISSIONS = "getPermissions"
    GET_QUOTA = "getQuota"
    GET_REGISTERED_MODEL = "getRegisteredModel"
    GET_RELATIONSHIP = "getExternalLineage"
    GET_STATEMENT = "getStatement"
    GET_TABLE = "getTable"
    GET_TRASH_ENTRY = "getTrashEntry"
    GET_WORKSPACE_FILE = "getWorkspaceFile"
    LIST_AUDIT_EVENTS = "listAuditEvents"
    LOOK_UP = "lookUp"
    MANAGE_EXPERIMENT = "manageExperiment"
    MANAGE_OWN_TOKENS = "manageOwnTokens"
    MANAGE_PRINCIPALS = "managePrincipals"
    MANAGE_SECOND_FACTOR = "manageSecondFactor"
    MANAGE_TAG_POLICIES = "manageTagPolicies"
    MANAGE_TOKENS = "manageTokens"
    OPEN_ADMIN = "openAdmin"
    PROVE_IDENTITY = "proveIdentity"
    USE_ACCOUNT = "useAccount"
    USE_SIGNED_URL = "useSignedUrl"


@dataclass(frozen=True)
class Denial:
    """An attempt that was refused: what it is called in the audit log, and the object as the error named it.

    ``securable_type`` is None where the object isn't the catalog's. ``operation`` is one of authorization's, where
    a rule has refused it; ``method``, how someone tried to prove who they are.
    """

    kind: DenialKind
    action_name: str
    securable_type: SecurableType | None
    full_name: str
    message: str
    operation: str = ""
    method: str = ""

    @property
    def is_lookup(self) -> bool:
        """Whether there may have been no such object, so that nothing was refused."""
        return self.kind is DenialKind.HIDDEN_OBJECT and self.securable_type is not None
