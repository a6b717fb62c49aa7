"""How a request of the API says who it is: ``Authorization: Bearer <personal access token>``."""

from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from accounts.models import PersonalAccessToken, User


class BearerToken(BaseAuthentication):
    """Authenticate by personal access token. Every failure reads the same, whatever its reason."""

    def authenticate(self, request: Request) -> tuple[User, PersonalAccessToken] | None:
        scheme, _, secret = get_authorization_header(request).decode("latin-1").partition(" ")
        if not scheme:
            return None
        token = PersonalAccessToken.objects.find(secret.strip()) if scheme.lower() == "bearer" else None
        if token is None:
            raise AuthenticationFailed("The access token is missing, invalid or expired.")
        token.record_use()
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"
