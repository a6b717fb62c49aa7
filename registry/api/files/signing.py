"""Signed URLs: each names one method, one path of one version, one principal and a time to expire."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from django.conf import settings
from django.core import signing

from accounts.models import User

_SALT = "registry.api.files"


@dataclass(frozen=True)
class Claim:
    """What a signature stands for. The version is named by its uid: a name can be given to another one."""

    method: str
    version: str
    path: str
    user: int

    def sign(self) -> str:
        return signing.dumps(asdict(self), salt=_SALT, compress=True)


def principal_of(signature: str, *, method: str, version: str, path: str) -> User | None:
    """The active principal for whom exactly this was signed, not too long ago; ``None`` for all else.

    HEAD is answered to whoever may GET.
    """
    try:
        claim = Claim(**signing.loads(signature, salt=_SALT, max_age=settings.SIGNED_URL_LIFETIME))
    except (signing.BadSignature, TypeError, ValueError):
        return None
    if (claim.method, claim.version, claim.path) != ("GET" if method == "HEAD" else method, version, path):
        return None
    return User.objects.filter(pk=claim.user, is_active=True).first()
