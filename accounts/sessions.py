"""What a session knows of its own life: when it began, when it was last used, and when its user last proved
who they are. The engine (``SESSION_ENGINE`` names this module) is ``accounts.models.sessions``.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.contrib.sessions.backends.base import SessionBase
from django.db import DatabaseError
from django.utils import timezone

from accounts.models.sessions import BEGUN, Session, SessionStore

_PROVED = "proved"
USE_IS_NOTED_EVERY = timedelta(minutes=10)

logger = logging.getLogger(__name__)


def note_sign_in(session: SessionBase, *, address: str, user_agent: str, method: str) -> None:
    """Note in a session that has just been signed in where from, and by which ``method``, that was."""
    now = timezone.now().isoformat()
    session[BEGUN] = {
        "uid": str(uuid4()), "address": address[:64], "user_agent": user_agent[:512], "at": now, "method": method,
    }  # fmt: skip
    note_proof(session)


def uid_of(session: SessionBase) -> UUID | None:
    """Return what a page may name the session by; None for one that no one signed in by a page of ours."""
    begun = session.get(BEGUN)
    return UUID(begun["uid"]) if begun else None


def is_by_password(session: SessionBase) -> bool:
    """Return whether the session began with a password, and not by a provider that vouched for its user."""
    return str(session.get(BEGUN, {}).get("method", "password")).startswith("password")


def note_proof(session: SessionBase) -> None:
    """Note that the user of the session has just proved who they are."""
    session[_PROVED] = timezone.now().isoformat()


def is_proved(session: SessionBase, within: timedelta) -> bool:
    """Return whether that was less than ``within`` ago."""
    proved = session.get(_PROVED)
    return proved is not None and timezone.now() - datetime.fromisoformat(proved) < within


def has_ended(session: SessionStore, *, idle: timedelta, longest: timedelta) -> bool:
    """Return whether no one has used the session for ``idle``, or its sign-in was ``longest`` ago."""
    now, begun = timezone.now(), session.get(BEGUN)
    is_old = begun is not None and now - datetime.fromisoformat(begun["at"]) >= longest
    return is_old or (session.used_at is not None and now - session.used_at >= idle)


def note_use(session: SessionStore, *, idle: timedelta) -> None:
    """Note that the session is used, seldom: reading must not mean writing, and goes on where no one can write."""
    now = timezone.now()
    if session.used_at is not None and now - session.used_at < min(idle / 10, USE_IS_NOTED_EVERY):
        return
    try:
        Session.objects.filter(session_key=session.session_key).update(used_at=now)
    except DatabaseError as error:
        logger.warning("The use of a session was not noted: %s", error)
