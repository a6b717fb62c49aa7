"""How a request of the API says who it is."""

from __future__ import annotations

import base64
import binascii

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import OAuthSecret, PersonalAccessToken, User

Credential = PersonalAccessToken | OAuthSecret


class BearerToken(BaseAuthentication):
    """Authenticate by personal access token, or by the access token of an OAuth client.

    Clients that know user names and passwords alone (``MLFLOW_TRACKING_USERNAME``) send their token as the password,
    under its owner's name or as `token`. The account's own password is not taken: its slow hash, in every request,
    would be a way to stop the server. Every failure reads the same, whatever its reason.
    """

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            return None
        credential = _credential(scheme.lower(), text.strip())
        if credential is None:
            raise AuthenticationFailed("The access token is missing, invalid or expired.")
        return credential.user, credential

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def _credential(scheme: str, text: str) -> Credential | None:
    if scheme == "basic":
        return _by_password(text)
    if scheme != "bearer":
        return None
    return OAuthSecret.of_access_token(text) if ":" in text else _personal(text)


def _personal(secret: str) -> PersonalAccessToken | None:
    token = PersonalAccessToken.objects.find(secret)
    if token is not None:
        token.record_use()
    return token


def _by_password(encoded: str) -> PersonalAccessToken | None:
    try:
        name, _, secret = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    token = _personal(secret)
    return token if token and name.lower() in ("token", token.user.user_name) else None
