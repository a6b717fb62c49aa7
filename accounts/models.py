"""Principals (users, service principals, nested groups) and personal access tokens. Knows nothing of catalogs."""

from __future__ import annotations

import hashlib
import secrets
import uuid
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group, PermissionsMixin
from django.core import signing
from django.core.exceptions import ValidationError
from django.core.validators import EmailValidator
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone
from guardian.mixins import GuardianUserMixin

from accounts.prepared import Prepared, columns_of, pair_of

_ACCESS_TOKEN = "accounts.oauth"  # noqa: S105  # a salt
EVERYONE = "account users"
"""The group that every active principal belongs to without being listed in it."""


class Scope(models.TextChoices):
    """How much of its owner's rights a token carries; each scope includes those before it."""

    READ = "read", "Read only: look and download"
    REGISTRY = "registry", "Registry: also register, describe, tag, alias and delete"
    ADMIN = "admin", "Everything its owner may do: also grants, owners, principals and tokens"

    @property
    def included(self) -> frozenset[str]:
        """This scope and those that it includes."""
        scopes = list(Scope)
        return frozenset(scopes[: scopes.index(self) + 1])


class UserManager(BaseUserManager["User"]):
    def get_by_natural_key(self, username: str | None) -> User:
        return self.get(user_name=(username or "").strip().lower())

    def create_user(self, user_name: str, password: str | None = None, **fields: Any) -> User:
        """Create a user, or a service principal when ``kind`` says so; names are kept in lower case."""
        user = self.model(user_name=user_name.strip().lower(), **fields)
        user.set_password(password)
        user.full_clean(exclude=["password"])
        user.save(using=self._db)
        return user

    def create_superuser(self, user_name: str, password: str | None = None, **fields: Any) -> User:
        """Create an administrator of the Django admin and of the metastore."""
        return self.create_user(
            user_name, password, is_staff=True, is_superuser=True, is_metastore_admin=True, **fields
        )


class User(GuardianUserMixin, PermissionsMixin, AbstractBaseUser):
    """Somebody who may ask: a person (``user_name`` is an e-mail) or a service principal (an application id)."""

    class Kind(models.TextChoices):
        USER = "USER"
        SERVICE_PRINCIPAL = "SERVICE_PRINCIPAL"

    user_name = models.CharField(max_length=255, unique=True)
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.USER)
    display_name = models.CharField(max_length=255, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField("may sign in to the Django admin", default=False)
    is_metastore_admin = models.BooleanField("metastore administrator", default=False)
    # Who this is to the provider of single sign-on: e-mails change hands there, subjects do not.
    sso_subject = models.CharField(max_length=500, unique=True, null=True, blank=True, editable=False)
    sso_groups = models.ManyToManyField(Group, related_name="+", editable=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    USERNAME_FIELD = "user_name"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects: ClassVar[UserManager] = UserManager()

    class Meta:
        ordering = ("user_name",)
        constraints = [models.CheckConstraint(condition=Q(user_name=Lower("user_name")), name="user_name_lower_case")]

    def __str__(self) -> str:
        return self.user_name

    def clean(self) -> None:
        """Hold a person to an e-mail and a service principal to an application id (a UUID)."""
        self.user_name = self.user_name.strip().lower()
        if self.kind == self.Kind.USER:
            EmailValidator("A user's name is an e-mail address.")(self.user_name)
            return
        try:
            uuid.UUID(self.user_name)
        except ValueError as error:
            raise ValidationError(
                {"user_name": "A service principal's name is its application id (a UUID)."}
            ) from error

    def get_full_name(self) -> str:
        return self.display_name or self.user_name


class GroupNesting(models.Model):
    """``child`` is a member of ``parent``: whoever is in the child is in the parent too."""

    parent = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="child_nestings")
    child = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="parent_nestings")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["parent", "child"], name="group_nesting_once"),
            models.CheckConstraint(condition=~Q(parent=F("child")), name="group_not_in_itself"),
        ]

    def __str__(self) -> str:
        return f"{self.child} in {self.parent}"

    def clean(self) -> None:
        if self.child_id in ancestors_and_self({self.parent_id}):
            raise ValidationError("That would put a group into itself.")


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

    def find(self, secret: str) -> PersonalAccessToken | None:
        """The live token with this secret, of a principal who is active; ``None`` for every other secret."""
        found = _token_and_user(_digest(secret))
        if not found:
            return None
        token, user = pair_of(PersonalAccessToken, User, found[0])
        token.user = user
        return token if token.is_live(timezone.now()) else None


class PersonalAccessToken(models.Model):
    """A long random secret that stands for its user in the API. 256 bits of randomness need no slow hash."""

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

    def is_live(self, now: datetime) -> bool:
        expired = self.expires_at is not None and self.expires_at <= now
        return self.revoked_at is None and not expired and self.user.is_active

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
    """How much the access token carries with which a request came: not a column, since every token may ask for less."""

    @property
    def scopes(self) -> frozenset[str]:
        return self.scope.included

    def access_token(self, scope: Scope) -> str:
        """A signed statement that this secret was shown. It counts for an hour, and while the secret does."""
        return signing.dumps([str(self.uid), scope.value], salt=_ACCESS_TOKEN)

    @classmethod
    def find(cls, client_id: str, secret: str) -> OAuthSecret | None:
        """The live secret of the service principal ``client_id``."""
        return cls.objects.live().filter(digest=_digest(secret), user__user_name=client_id.strip().lower()).first()

    @classmethod
    def of_access_token(cls, token: str) -> OAuthSecret | None:
        """The live secret for which ``token`` was issued, with its scope."""
        try:
            uid, scope = signing.loads(token, salt=_ACCESS_TOKEN, max_age=cls.ACCESS_TOKEN_LIFETIME)
        except (signing.BadSignature, ValueError):
            return None
        found = cls.objects.live().filter(uid=uid).first()
        if found is not None:
            found.scope = Scope(scope)
        return found


_token_and_user = Prepared(
    lambda: (
        PersonalAccessToken.objects.order_by()
        .filter(digest="?")
        .values_list(*columns_of(PersonalAccessToken), *columns_of(User, "user__"))
    ),
    "?",
)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


def ancestors_and_self(group_ids: set[int]) -> set[int]:
    """Every group that members of ``group_ids`` are in through nesting (one query, cycles tolerated)."""
    parents: dict[int, set[int]] = {}
    for parent, child in GroupNesting.objects.values_list("parent_id", "child_id"):
        parents.setdefault(child, set()).add(parent)
    return _closure(group_ids, parents)


def _closure(start: set[int], edges: dict[int, set[int]]) -> set[int]:
    """``start`` and everything that ``edges`` lead to from there."""
    found, frontier = set(start), set(start)
    while frontier:
        frontier = {after for before in frontier for after in edges.get(before, ())} - found
        found |= frontier
    return found


def group_ids_of(user: User) -> frozenset[int]:
    """Ids of all groups ``user`` is in: directly, through nesting, and the group of everyone (two queries)."""
    direct = set(Group.objects.filter(Q(user=user) | Q(name=EVERYONE)).values_list("pk", flat=True))
    return frozenset(ancestors_and_self(direct))


def users_in(group: Group) -> models.QuerySet[User]:
    """The active users who are in ``group``: directly, through nesting, or because everybody is (two queries)."""
    if group.name == EVERYONE:
        return User.objects.filter(is_active=True)
    children: dict[int, set[int]] = {}
    for parent, child in GroupNesting.objects.values_list("parent_id", "child_id"):
        children.setdefault(parent, set()).add(child)
    return User.objects.filter(is_active=True, groups__in=_closure({group.pk}, children)).distinct()


def groups_of(user: User) -> models.QuerySet[Group]:
    """All groups ``user`` is in, by name."""
    return Group.objects.filter(pk__in=group_ids_of(user)).order_by("name")


def find_principal(name: str) -> User | Group | None:
    """The user, service principal or group that ``name`` names; users win, as their names look like nothing else."""
    name = name.strip()
    return User.objects.filter(user_name=name.lower()).first() or Group.objects.filter(name=name).first()
