"""Signed URLs: each names one method, one path of one version, one principal and a time to expire."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.conf import settings
from django.core import signing

from accounts.models import User
from registry.exceptions import InvalidParameterValue

_URL = "registry.api.files"
_SESSION = "registry.api.files.session"


class SignatureExpired(Exception):
    """The signature is genuine, and too old."""


class SignatureRevoked(Exception):
    """The signature is genuine, and whom it was made for may not use it any more."""


@dataclass(frozen=True)
class Claim:
    """What a signature stands for: of which route, which method, and what of which version.

    The version is named by its uid: a name can be given to another one.
    """

    route: str
    method: str
    version: str
    path: str
    user: int

    def sign(self) -> str:
        return signing.dumps(asdict(self), salt=_URL, compress=True)


@dataclass(frozen=True)
class Session:
    """An upload in parts: which file it becomes, and where its parts are gathered."""

    version: str
    path: str
    user: int
    parts: str
    overwrite: bool

    def sign(self) -> str:
        return signing.dumps(asdict(self), salt=_SESSION, compress=True)

    @classmethod
    def read(cls, token: str, *, version: str, path: str, user: int) -> Session:
        """The session that ``token`` names, if it is this principal's and about this file."""
        try:
            session = cls(**signing.loads(token, salt=_SESSION, max_age=settings.PENDING_VERSION_LIFETIME))
        except (signing.BadSignature, TypeError, ValueError) as error:
            raise InvalidParameterValue("The session token is not valid, or has expired.") from error
        if (session.version, session.path, session.user) != (version, path, user):
            raise InvalidParameterValue("The session token belongs to another upload.")
        return session


def principal_of(signature: str, *, route: str, method: str, version: str, path: str) -> User | None:
    """The active principal for whom exactly this was signed; ``None`` for all else.

    HEAD is answered to whoever may GET. SignatureExpired when it is too old, SignatureRevoked when it counts no more.
    """
    try:
        claim = Claim(**signing.loads(signature, salt=_URL, max_age=settings.SIGNED_URL_LIFETIME))
    except signing.SignatureExpired as error:
        raise SignatureExpired from error
    except (signing.BadSignature, TypeError, ValueError):
        return None
    asked = Claim(route, "GET" if method == "HEAD" else method, version, path, claim.user)
    if claim != asked:
        return None
    user = User.objects.filter(pk=claim.user, is_active=True).first()
    if user is None:
        raise SignatureRevoked
    return user
