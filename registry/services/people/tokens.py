"""Personal access tokens, and the secrets of OAuth clients: issued and revoked, each time with an audit event."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import OAuthSecret, PersonalAccessToken, Scope, User
from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.denials import Attempt
from registry.exceptions import DoesNotExist
from registry.models import Metastore


def list_tokens(*, actor: Actor) -> QuerySet[PersonalAccessToken]:
    """Return the actor's own tokens that are not revoked, the newest first."""
    return actor.principal.tokens.filter(revoked_at=None)


def create_token(
    *, actor: Actor, comment: str, lifetime: timedelta | None, scope: Scope = Scope.ADMIN
) -> tuple[PersonalAccessToken, str]:
    """Issue a token to the actor itself and return it with its secret, which cannot be had again.

    A token cannot make a wider one: only a token with the widest scope can issue tokens at all.
    """
    authorization.require_scope(actor, Scope.ADMIN, Attempt.MANAGE_OWN_TOKENS)
    with transaction.atomic():
        token, secret = PersonalAccessToken.objects.issue(
            actor.principal, comment=comment, lifetime=lifetime, scope=scope
        )
        audit.token_created(actor, actor.name, comment, scope)
    return token, secret


def rotate_token(*, actor: Actor, uid: UUID) -> tuple[PersonalAccessToken, str]:
    """Replace one of the actor's own tokens by a fresh one with its name, scope and lifetime; the old one ends now."""
    authorization.require_scope(actor, Scope.ADMIN, Attempt.MANAGE_OWN_TOKENS)
    with transaction.atomic():
        old = get_token(actor=actor, uid=uid)
        lifetime = old.expires_at - old.created_at if old.expires_at else None
        token, secret = PersonalAccessToken.objects.issue(
            actor.principal, comment=old.comment, lifetime=lifetime, scope=Scope(old.scope)
        )
        audit.token_created(actor, actor.name, old.comment, old.scope)
        _revoke(actor, old)
    return token, secret


def get_token(*, actor: Actor, uid: UUID) -> PersonalAccessToken:
    """Return one of the actor's own tokens."""
    token = list_tokens(actor=actor).filter(uid=uid).first()
    if token is None:
        of_others = PersonalAccessToken.objects.filter(uid=uid).exclude(user=actor.principal)
        raise authorization.none_of(actor, of_others, "There is no such token.", Attempt.MANAGE_OWN_TOKENS)
    return token


def revoke_token(*, actor: Actor, uid: UUID) -> None:
    """Revoke one of the actor's own tokens, from the next request on."""
    authorization.require_scope(actor, Scope.ADMIN, Attempt.MANAGE_OWN_TOKENS)
    with transaction.atomic():
        _revoke(actor, get_token(actor=actor, uid=uid))


def list_all_tokens(*, actor: Actor) -> QuerySet[PersonalAccessToken]:
    """Return everyone's tokens that are not revoked, without their secrets, for administrators."""
    _require_right(actor)
    return PersonalAccessToken.objects.filter(revoked_at=None).select_related("user")


def get_any_token(*, actor: Actor, uid: UUID) -> PersonalAccessToken:
    token = list_all_tokens(actor=actor).filter(uid=uid).first()
    if token is None:
        raise DoesNotExist("There is no such token.")
    return token


def create_token_for(
    *,
    actor: Actor,
    application_id: str,
    comment: str,
    lifetime: timedelta | None,
    scope: Scope = Scope.ADMIN,
) -> tuple[PersonalAccessToken, str]:
    """Issue a token to a service principal, as an administrator, and return it with its secret."""
    _require_right(actor)
    owner = User.objects.filter(user_name=application_id.lower(), kind=User.Kind.SERVICE_PRINCIPAL).first()
    if owner is None:
        raise DoesNotExist(f"There is no service principal {application_id!r}.")
    with transaction.atomic():
        token, secret = PersonalAccessToken.objects.issue(owner, comment=comment, lifetime=lifetime, scope=scope)
        audit.token_created(actor, owner.user_name, comment, scope)
    return token, secret


def revoke_any_token(*, actor: Actor, uid: UUID) -> None:
    """Revoke a user's token, from the next request on."""
    with transaction.atomic():
        _revoke(actor, get_any_token(actor=actor, uid=uid))


def revoke_tokens_of(*, actor: Actor, owner: User) -> None:
    """Revoke all tokens of ``owner``: the actor, or someone on whose account the caller has checked a right."""
    with transaction.atomic():
        for token in owner.tokens.filter(revoked_at=None).order_by("pk"):
            _revoke(actor, token)


def list_secrets(*, actor: Actor, owner: User) -> QuerySet[OAuthSecret]:
    """Return the OAuth secrets of a service principal, the newest first."""
    _require_right(actor)
    return owner.oauth_secrets.all()


def create_secret(*, actor: Actor, owner: User, lifetime: timedelta) -> tuple[OAuthSecret, str]:
    """Issue an OAuth secret to a service principal and return it with its text, which cannot be had again."""
    _require_right(actor)
    with transaction.atomic():
        secret, text = OAuthSecret.objects.issue(owner, lifetime=lifetime)
        audit.oauth_secret_created(actor, owner.user_name, str(secret.uid))
    return secret, text


def delete_secret(*, actor: Actor, owner: User, uid: UUID) -> None:
    """Delete an OAuth secret; the access tokens obtained with it no longer count."""
    with transaction.atomic():
        deleted, _ = list_secrets(actor=actor, owner=owner).filter(uid=uid).delete()
        if not deleted:
            raise DoesNotExist("There is no such secret.")
        audit.oauth_secret_deleted(actor, owner.user_name, str(uid))


def _revoke(actor: Actor, token: PersonalAccessToken) -> None:
    PersonalAccessToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
    audit.token_revoked(actor, token.user.user_name, token.comment)


def _require_right(actor: Actor) -> None:
    authorization.require(actor, Operation.MANAGE_TOKENS, Metastore.current())
