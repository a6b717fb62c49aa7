"""How a request of the API says who it is."""

from __future__ import annotations

import base64
import binascii

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import OAuthSecret, PersonalAccessToken, User

Credential = PersonalAccessToken | OAuthSecret


class CredentialRefused(AuthenticationFailed):
    """What was sent does not count. The answer reads the same for every reason; the audit log gets it:
    ``why`` ("unknown", "expired", "revoked" or "deactivated"), and ``credential`` if there is one.
    """

    def __init__(self, why: str, credential: Credential | None = None) -> None:
        super().__init__("The access token is missing, invalid or expired.")
        self.why, self.credential = why, credential


class BearerToken(BaseAuthentication):
    """Authenticate by personal access token, or by the access token of an OAuth client.

    Clients that only know user names and passwords (``MLFLOW_TRACKING_USERNAME``) send their token as the password,
    under its owner's name or as `token`. The account's own password is not taken: its slow hash, in every request,
    would be a way to stop the server. Every failure reads the same, for whatever reason.
    """

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            return None
        credential = _credential(scheme.lower(), text.strip())
        return credential.user, credential

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _credential(scheme: str, text: str) -> Credential:
    if scheme == "basic":
        return _by_password(text)
    if scheme != "bearer":
        raise CredentialRefused("unknown")
    return _of_client(text) if ":" in text else _personal(text)


def _of_client(text: str) -> OAuthSecret:
    """The secret for which the access token ``text`` was issued."""
    secret, why = OAuthSecret.of_access_token(text)
    if secret is None or why:
        raise CredentialRefused(why or "unknown", secret)
    return secret


def _personal(secret: str) -> PersonalAccessToken:
    token = PersonalAccessToken.objects.with_secret(secret)
    why = token.dead_because(timezone.now()) if token is not None else "unknown"
    if token is None or why:
        raise CredentialRefused(why, token)
    token.record_use()
    return token


def _by_password(encoded: str) -> PersonalAccessToken:
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise CredentialRefused("unknown") from error
    token = _personal(secret)
    if name.lower() not in ("token", token.user.user_name):
        raise CredentialRefused("unknown", token)
    return token
