"""Which way a request goes, judged only by its address: before the caller is known."""

from __future__ import annotations

import re
from enum import Enum

from django.conf import settings


class Lane(Enum):
    HEALTH = "health"
    PASSWORDS = "passwords"
    QUICK = "quick"
    BYTES = "bytes"


_BYTES = re.compile(
    r"""/api/2\.0/fs/(files|presigned|presigned-parts)/
    | /api/2\.0/(workspace/export$ | workspace-files/)
    | /api/2\.0/mlflow-artifacts/artifacts/
    | /api/2\.1/catalog-explorer/audit-events/export$
    | /audit/audit-events\.
    | /explore/data/models/.+/version/\d+/(artifacts\.zip$ | artifacts/ | pictures/)""",
    re.VERBOSE,
)
_POSTED_BYTES = re.compile(r"/api/2\.0/(workspace/import$|workspace-files/import-file/)")
"""Where a file comes by POST, within a form too: it is read once the caller is known, up to its limit."""
_PASSWORDS = re.compile(
    r"""/login$ | /login/proof$ | /settings/password$ | /settings/users/\d+/password$
    | /admin/accounts/user/(add|\d+/password)/$""",
    re.VERBOSE,
)
"""Where a password is sent, and hashed. What hashes elsewhere waits for its turn in a quick thread: ``hashing``."""
_SMALL_METHODS = {"POST", "DELETE"}
"""What these carry is JSON, except for files of a workspace."""


_ANONYMOUS = ("/login", "/admin/login", "/oidc/", "/healthz")
"""Addresses that need no sign-in, and the size of their longest body."""
_ANONYMOUS_BODY = 16 * 1024


def longest_body(path: str) -> int:
    """Return how many bytes a body may have that is gathered before anyone asks whose it is."""
    return _ANONYMOUS_BODY if path.startswith(_ANONYMOUS) else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


def lane_of(method: str, path: str) -> Lane:
    """Return the lane of a request."""
    if path == "/healthz":
        return Lane.HEALTH
    if method == "POST" and _PASSWORDS.match(path):
        return Lane.PASSWORDS
    carries_bytes = _POSTED_BYTES if method in _SMALL_METHODS else _BYTES
    return Lane.BYTES if carries_bytes.match(path) else Lane.QUICK
