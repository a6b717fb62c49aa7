"""Sessions of browsers, and whose they are, so that people can see and end them.

The engine that keeps them is next to its table, since each names the other (Django's documentation: Extending
database-backed session engines).
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.utils import timezone

BEGUN = "begun"
"""The key under which a session keeps how it began."""


class Session(AbstractBaseSession):
    """A session. The columns repeat what was put into it when its user signed in (``sessions.note_sign_in``)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="sessions")
    # What a page may show: the key itself is a secret. Not unique: a session that gets a new key is two for a moment.
    uid = models.UUIDField(null=True, db_index=True)
    address = models.CharField(max_length=64, blank=True)
    user_agent = models.CharField(max_length=512, blank=True)
    signed_in_at = models.DateTimeField(null=True)
    used_at = models.DateTimeField(null=True)

    class Meta(AbstractBaseSession.Meta):
        default_permissions = ()

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        return SessionStore


class SessionStore(DatabaseStore):
    used_at: datetime | None = None
    """When it was used last, as its row says."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def load(self) -> dict[str, Any]:
        row = self._get_session_from_db()  # type: ignore[attr-defined]
        self.used_at = row.used_at if row else None
        return self.decode(row.session_data) if row else {}

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        session: Session = super().create_model_instance(data)  # type: ignore[assignment]
        session.user_id = int(data[SESSION_KEY]) if SESSION_KEY in data else None
        session.used_at = self.used_at = timezone.now()
        if begun := data.get(BEGUN):
            session.uid, session.signed_in_at = UUID(begun["uid"]), datetime.fromisoformat(begun["at"])
            session.address, session.user_agent = begun["address"], begun["user_agent"]
        return session
