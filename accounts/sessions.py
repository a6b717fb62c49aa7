"""The session engine: Django's own in the database, which also notes whose a session is and from where.

(Django's documentation: Extending database-backed session engines.)
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from accounts.models import Session

_BEGUN = "begun"


def note_sign_in(session: SessionBase, *, address: str, user_agent: str) -> None:
    """Note in a session that has just been signed in from where that was."""
    now = timezone.now().isoformat()
    session[_BEGUN] = {"uid": str(uuid4()), "address": address[:64], "user_agent": user_agent[:512], "at": now}


def uid_of(session: SessionBase) -> UUID | None:
    """By what a page may name the session; None for one that nobody signed in by a page of ours."""
    begun = session.get(_BEGUN)
    return UUID(begun["uid"]) if begun else None


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session: Session = super().create_model_instance(data)  # type: ignore[assignment]
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        if begun := data.get(_BEGUN):
            session.uid, session.signed_in_at = UUID(begun["uid"]), datetime.fromisoformat(begun["at"])
            session.address, session.user_agent = begun["address"], begun["user_agent"]
        return session
