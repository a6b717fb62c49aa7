"""Requests whose credential is refused: what the audit log records about them."""

from __future__ import annotations

from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts.authentication import CredentialRefused
from registry import audit
from registry.actor import Actor
from registry.denials import Attempt, DenialKind

_WHY = {
    "unknown": DenialKind.UNKNOWN_TOKEN,
    "expired": DenialKind.EXPIRED_TOKEN,
    "revoked": DenialKind.REVOKED_TOKEN,
    "deactivated": DenialKind.DEACTIVATED_ACCOUNT,
}


def note_refused_credential(request: Request, error: Exception) -> None:
    """Note what ``error`` says about the credential of ``request``, if it is about one.

    The owner of an invalid token is named, but its sender is not taken for that principal.
    """
    if isinstance(error, CredentialRefused):
        owner = error.credential.user.user_name if error.credential is not None else ""
        reference = error.credential.reference if error.credential is not None else ""
        actor = Actor.of_nobody(request, owner, reference)
        audit.refused(actor, _WHY[error.why], Attempt.AUTHENTICATE, request.path, method="token")
    elif isinstance(error, NotAuthenticated):
        audit.refused(Actor.of_nobody(request, ""), DenialKind.NO_CREDENTIAL, Attempt.AUTHENTICATE, request.path)
