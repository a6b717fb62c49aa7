"""Signed URLs: each names one method, one path of one version (or run), one credential and a time to expire.

It becomes invalid with its credential or with the right: both are checked when it is used.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.core import signing
from django.urls import reverse
from django.utils import timezone
from rest_framework.request import Request

from accounts.authentication import Credential
from accounts.models import find_credential
from registry.exceptions import InvalidParameterValue, SignedUrlExpired, SignedUrlRefused, SignedUrlRevoked

_URL = "registry.api.files"
_SESSION = "registry.api.files.session"


@dataclass(frozen=True)
class Claim:
    """What a signature stands for: the route, the method, what of which version, and the credential that asked for it.

    The version (or what else has files) is named by its uid: a name can be given to another one. ``until`` is when
    an access token that is known by nothing else ends (seconds since 1970).
    """

    route: str
    method: str
    version: str
    path: str
    credential: str
    until: int

    @classmethod
    def by(cls, credential: Credential, route: str, method: str, version: str, path: str) -> Claim:
        ends_at = credential.ends_at or timezone.now() + settings.SIGNED_URL_LIFETIME
        return cls(route, method, version, path, credential.reference, int(ends_at.timestamp()))

    def sign(self) -> str:
        return signing.dumps(asdict(self), salt=_URL, compress=True)


def signed_url(request: Request, method: str, route: str, uid: UUID, **names: object) -> str:
    """Return a URL, signed by the credential of ``request``. It is absolute: clients do not resolve a relative one."""
    path = "/".join(map(str, names.values()))
    credential: Credential = request.auth  # type: ignore[assignment]  # what BearerToken has found
    signature = Claim.by(credential, route, method, str(uid), path).sign()
    url = f"{reverse(route, kwargs={'uid': uid, **names})}?signature={quote(signature)}"
    return request.build_absolute_uri(url)


@dataclass(frozen=True)
class Session:
    """An upload in parts: of which tree of files, which file it becomes, and where its parts are gathered."""

    tree: str
    path: str
    user: int
    parts: str
    overwrite: bool

    def sign(self) -> str:
        return signing.dumps(asdict(self), salt=_SESSION, compress=True)

    @classmethod
    def read(cls, token: str, *, tree: str, path: str, user: int) -> Session:
        """The session that ``token`` names, if it is this principal's and about this file."""
        try:
            session = cls(**signing.loads(token, salt=_SESSION, max_age=settings.PENDING_VERSION_LIFETIME))
        except (signing.BadSignature, TypeError, ValueError) as error:
            raise InvalidParameterValue("The session token is not valid, or has expired.") from error
        if (session.tree, session.path, session.user) != (tree, path, user):
            raise InvalidParameterValue("The session token belongs to another upload.")
        return session


def credential_of(signature: str, *, route: str, method: str, version: str, path: str) -> Credential:
    """The credential by which exactly this was signed, as long as it is valid.

    HEAD is answered to callers that may GET. Raises SignedUrlExpired when it is too old, SignedUrlRevoked when its
    credential is no longer valid, SignedUrlRefused for all else.
    """
    try:
        claim = Claim(**signing.loads(signature, salt=_URL, max_age=settings.SIGNED_URL_LIFETIME))
    except signing.SignatureExpired as error:
        raise SignedUrlExpired("The signed URL has expired.") from error
    except (signing.BadSignature, TypeError, ValueError) as error:
        raise SignedUrlRefused("The signed URL is not valid.") from error
    if (claim.route, claim.method) != (route, "GET" if method == "HEAD" else method) or (
        claim.version, claim.path
    ) != (version, path):  # fmt: skip
        raise SignedUrlRefused("The signed URL is not valid for this.")
    credential = find_credential(claim.credential) if timezone.now().timestamp() < claim.until else None
    if credential is None:
        raise SignedUrlRevoked("The signed URL has ended with the token that asked for it.")
    return credential
