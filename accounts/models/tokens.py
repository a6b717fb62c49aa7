"""What principals prove themselves with: personal access tokens, and the secrets of OAuth clients."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from django.core import signing
from django.db import models
from django.utils import timezone

from accounts.compiled_queries import CompiledQuery, columns_of, rows_of
from accounts.models.principals import User

_ACCESS_TOKEN = "accounts.oauth"  # noqa: S105  # a salt


class Scope(models.TextChoices):
    """How much of its owner's rights a token carries; each scope includes those before it."""

    READ = "read", "Read only: look and download"
    REGISTRY = "registry", "Registry: also register, describe, tag, alias and delete"
    ADMIN = "admin", "Everything its owner can do, including grants, owners, principals and tokens"

    @property
    def included(self) -> frozenset[str]:
        """This scope and those that it includes."""
        scopes = list(Scope)
        return frozenset(scopes[: scopes.index(self) + 1])


class PersonalAccessTokenManager(models.Manager["PersonalAccessToken"]):
    def issue(
        self, user: User, *, comment: str = "", lifetime: timedelta | None = None, scope: Scope = Scope.ADMIN
    ) -> tuple[PersonalAccessToken, str]:
        """Make a token and return it with its secret, which is kept nowhere and cannot be shown again."""
        secret = f"cex_{secrets.token_urlsafe(32)}"
        token = self.create(
            user=user,
            comment=comment,
            scope=scope,
            digest=_digest(secret),
            hint=secret[-4:],
            expires_at=timezone.now() + lifetime if lifetime else None,
        )
        return token, secret

    def with_secret(self, secret: str) -> PersonalAccessToken | None:
        """Return the token with this secret, which may be dead by now."""
        rows = _token_and_user(_digest(secret))
        if not rows:
            return None
        tables = (PersonalAccessToken, columns_of(PersonalAccessToken)), (User, columns_of(User))
        token: PersonalAccessToken
        token, token.user = rows_of(rows[0], *tables)
        return token

    def find(self, secret: str) -> PersonalAccessToken | None:
        """Return the live token with this secret, of a principal who is active; ``None`` for every other secret."""
        token = self.with_secret(secret)
        return token if token is not None and not token.dead_because(timezone.now()) else None


class PersonalAccessToken(models.Model):
    """A long random secret that represents its user in the API. 256 bits of randomness need no slow hash."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="tokens")
    comment = models.CharField("name", max_length=255, blank=True)
    scope = models.CharField(max_length=10, choices=Scope, default=Scope.ADMIN)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    hint = models.CharField("ends in", max_length=4, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)

    USE_IS_RECORDED_EVERY: ClassVar = timedelta(minutes=10)

    objects: ClassVar[PersonalAccessTokenManager] = PersonalAccessTokenManager()

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.comment or 'token'} (…{self.hint})"

    @property
    def scopes(self) -> frozenset[str]:
        return Scope(self.scope).included

    @property
    def reference(self) -> str:
        """What signed URLs and audit events name it by: not a secret."""
        return f"token:{self.uid}"

    @property
    def ends_at(self) -> datetime | None:
        return self.expires_at

    def dead_because(self, now: datetime) -> str:
        """Return why the token does not count, in one word; empty if it does."""
        if self.revoked_at is not None:
            return "revoked"
        if self.expires_at is not None and self.expires_at <= now:
            return "expired"
        return "" if self.user.is_active else "deactivated"

    def record_use(self) -> None:
        """Note the time of use, at most once in ten minutes: reading must not mean writing."""
        now = timezone.now()
        if self.last_used_at is None or now - self.last_used_at >= self.USE_IS_RECORDED_EVERY:
            PersonalAccessToken.objects.filter(pk=self.pk).update(last_used_at=now)


class OAuthSecretManager(models.Manager["OAuthSecret"]):
    def issue(self, user: User, *, lifetime: timedelta) -> tuple[OAuthSecret, str]:
        """Make a secret for a service principal and return it with its text, which is kept nowhere."""
        text = f"cexs_{secrets.token_urlsafe(32)}"
        return self.create(user=user, digest=_digest(text), expires_at=timezone.now() + lifetime), text

    def live(self) -> models.QuerySet[OAuthSecret]:
        return self.select_related("user").filter(user__is_active=True, expires_at__gt=timezone.now())


class OAuthSecret(models.Model):
    """What a service principal proves itself with to get access tokens (OAuth, client credentials)."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="oauth_secrets")
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField()

    ACCESS_TOKEN_LIFETIME: ClassVar = timedelta(hours=1)

    objects: ClassVar[OAuthSecretManager] = OAuthSecretManager()

    class Meta:
        ordering = ("-created_at",)
        verbose_name = "OAuth secret"

    def __str__(self) -> str:
        return f"secret of {self.user}"

    scope: Scope = Scope.ADMIN
    """How much the access token that came with a request carries: not a column, since every token may ask for less."""
    ends_at: datetime | None = None
    """When that access token ends; not a column either."""

    @property
    def scopes(self) -> frozenset[str]:
        return self.scope.included

    @property
    def reference(self) -> str:
        """What signed URLs and audit events name it by, with the scope of the access token: not a secret."""
        return f"secret:{self.uid}:{self.scope}"

    def access_token(self, scope: Scope) -> str:
        """Return a signed statement that this secret was shown. It counts for an hour, and while the secret does."""
        ends_at = int((timezone.now() + self.ACCESS_TOKEN_LIFETIME).timestamp())
        return signing.dumps([str(self.uid), scope.value, ends_at], salt=_ACCESS_TOKEN)

    @classmethod
    def find(cls, client_id: str, secret: str) -> OAuthSecret | None:
        """Return the live secret of the service principal ``client_id``."""
        return cls.objects.live().filter(digest=_digest(secret), user__user_name=client_id.strip().lower()).first()

    @classmethod
    def of_access_token(cls, token: str) -> tuple[OAuthSecret | None, str]:
        """Return the secret for which ``token`` was issued, and its scope; or, in one word, why it does not count."""
        try:
            uid, scope, ends_at = signing.loads(token, salt=_ACCESS_TOKEN, max_age=cls.ACCESS_TOKEN_LIFETIME)
        except signing.SignatureExpired:
            return None, "expired"
        except (signing.BadSignature, ValueError):
            return None, "unknown"
        secret = cls.objects.select_related("user").filter(uid=uid).first()
        if secret is None:
            return None, "revoked"
        secret.scope, secret.ends_at = Scope(scope), datetime.fromtimestamp(ends_at, UTC)
        if secret.expires_at <= timezone.now():
            return secret, "expired"
        return secret, "" if secret.user.is_active else "deactivated"


def find_credential(reference: str) -> PersonalAccessToken | OAuthSecret | None:
    """Return the live credential that ``reference`` names, of a principal who is active (one query)."""
    kind, _, rest = reference.partition(":")
    if kind == "token":
        token = PersonalAccessToken.objects.select_related("user").filter(uid=rest).first()
        return token if token and not token.dead_because(timezone.now()) else None
    uid, _, scope = rest.partition(":")
    secret = OAuthSecret.objects.live().filter(uid=uid).first()
    if secret is not None:
        secret.scope = Scope(scope)
    return secret


_token_and_user = CompiledQuery(
    lambda: (
        PersonalAccessToken.objects.order_by()
        .filter(digest="?")
        .values_list(*columns_of(PersonalAccessToken), *columns_of(User, "user__"))
    ),
    "?",
)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
