"""Sessions in browsers: the actor's own, and, for administrators, those of an account."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import Scope, Session, User
from registry import audit, authorization
from registry.actor import Actor
from registry.audit.actions import Action
from registry.services.people import principals


def list_sessions(*, actor: Actor) -> QuerySet[Session]:
    """Return where ``actor`` is signed in, the newest first."""
    live = Session.objects.filter(user=actor.principal, uid__isnull=False, expire_date__gt=timezone.now())
    return live.order_by("-signed_in_at")


def last_used_at(*, user: User) -> datetime | None:
    """Return when ``user`` last used a browser in which they are signed in; for users who administrate."""
    live = Session.objects.filter(user=user, uid__isnull=False)
    return live.order_by("-used_at").values_list("used_at", flat=True).first()


def end_session(*, actor: Actor, uid: UUID) -> None:
    """Sign ``actor`` out in the browser with that session, from its next request on."""
    authorization.require_scope(actor, Scope.ADMIN, Action.LOGOUT)
    with transaction.atomic():
        if list_sessions(actor=actor).filter(uid=uid).delete()[0] != 1:
            of_others = Session.objects.filter(uid=uid).exclude(user=actor.principal)
            raise authorization.none_of(actor, of_others, "There is no such session.", Action.LOGOUT)
        audit.sessions_ended(actor, 1)


def end_other_sessions(*, actor: Actor, keep: UUID | None) -> None:
    """Sign ``actor`` out everywhere but in the session ``keep``."""
    authorization.require_scope(actor, Scope.ADMIN, Action.LOGOUT)
    with transaction.atomic():
        ended, _ = Session.objects.filter(user=actor.principal).exclude(uid=keep).delete()
        if ended:
            audit.sessions_ended(actor, ended)


def end_sessions_of(*, actor: Actor, user: User) -> int:
    """Sign ``user`` out everywhere, as an administrator; return how many sessions have ended."""
    principals.require_right_over(actor, user)
    with transaction.atomic():
        ended, _ = Session.objects.filter(user=user).delete()
        audit.sessions_ended(actor, ended, of=user)
    return ended
