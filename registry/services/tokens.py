"""Personal access tokens: issued and revoked, each time with an audit event."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import PersonalAccessToken
from registry import audit
from registry.actor import Actor
from registry.exceptions import DoesNotExist


def list_tokens(*, actor: Actor) -> QuerySet[PersonalAccessToken]:
    """The actor's own tokens that are not revoked, the newest first."""
    return actor.principal.tokens.filter(revoked_at=None)


def create_token(*, actor: Actor, comment: str, lifetime: timedelta | None) -> tuple[PersonalAccessToken, str]:
    """Issue a token to the actor itself and return it with its secret, which cannot be had again."""
    with transaction.atomic():
        token, secret = PersonalAccessToken.objects.issue(actor.principal, comment=comment, lifetime=lifetime)
        audit.token_created(actor, actor.name, comment)
    return token, secret


def get_token(*, actor: Actor, uid: UUID) -> PersonalAccessToken:
    """One of the actor's own tokens."""
    token = list_tokens(actor=actor).filter(uid=uid).first()
    if token is None:
        raise DoesNotExist("There is no such token.")
    return token


def revoke_token(*, actor: Actor, uid: UUID) -> None:
    """Revoke one of the actor's own tokens, from the next request on."""
    with transaction.atomic():
        token = get_token(actor=actor, uid=uid)
        PersonalAccessToken.objects.filter(pk=token.pk).update(revoked_at=timezone.now())
        audit.token_revoked(actor, actor.name, token.comment)
