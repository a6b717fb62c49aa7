"""Who is asking: handed to every service, so that rights and history never depend on hidden state."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings

from accounts.models import Scope, User
from accounts.sessions import uid_of
from registry.denials import Denial


@dataclass(frozen=True, eq=False)
class Actor:
    """A principal, and where it asks from.

    ``scopes`` are those of the token it asks with, and ``credential`` names that token, or the session. ``held`` keeps
    what authorization has read for this one request, and ``denials`` what it has refused, which is recorded when
    the request is over. If it ``is_proved``, it is who it says.
    """

    principal: User
    scopes: frozenset[str] = Scope.ADMIN.included
    on_behalf_of: str = ""
    address: str = ""
    user_agent: str = ""
    request_id: str = ""
    credential: str = ""
    is_proved: bool = True
    held: dict[str, Any] = field(default_factory=dict, repr=False)
    denials: list[Denial] = field(default_factory=list, repr=False)

    @classmethod
    def from_request(cls, request: Any) -> Actor:
        """The caller, and where it asks from, in a request that has been authenticated (by token, or by session).

        One object for the whole request: rights are read once, and what is refused is recorded when it is over.
        """
        line = getattr(request, "_request", request)  # below the one of Django REST framework
        if not hasattr(line, "_actor"):
            line._actor = cls(
                principal=request.user,
                scopes=getattr(getattr(request, "auth", None), "scopes", Scope.ADMIN.included),
                address=client_address(request),
                user_agent=request.headers.get("User-Agent", ""),
                request_id=getattr(line, "request_id", ""),
                credential=_credential_of(request, line),
            )
        actor: Actor = line._actor
        return actor

    @classmethod
    def of_nobody(cls, request: Any, name: str, credential: str = "") -> Actor:
        """Someone who has not proved to be ``name``, perhaps with a ``credential`` that no longer counts."""
        return cls(
            principal=User(user_name=name.replace("\0", "")[:255]),
            scopes=frozenset(),
            address=client_address(request),
            user_agent=request.headers.get("User-Agent", ""),
            request_id=getattr(getattr(request, "_request", request), "request_id", ""),
            credential=credential,
            is_proved=False,
        )

    @classmethod
    def at_the_machine(cls, command: str) -> Actor:
        """Someone with an account on the server's machine who calls ``manage.py`` there."""
        return cls(principal=User(user_name="system"), user_agent=f"manage.py {command} (uid {os.getuid()})")

    @property
    def has_token(self) -> bool:
        """Whether it asks with a token, and not with a session or on the server's own machine."""
        return self.credential.startswith(("token:", "secret:"))

    @property
    def name(self) -> str:
        return self.principal.user_name


def _credential_of(request: Any, line: Any) -> str:
    """What the request proves its caller by: not a secret, but what the lists of tokens and sessions name it by."""
    reference: str = getattr(getattr(request, "auth", None), "reference", "")
    session = getattr(line, "session", None)
    if reference or session is None:
        return reference
    uid = uid_of(session)
    return f"session:{uid}" if uid else ""


def client_address(request: Any) -> str:
    """Where a request comes from, by the proxy in front (only the last hop can be trusted), or by the line."""
    if settings.TRUST_PROXY:
        forwarded: str = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
        if forwarded:
            return forwarded[:64]
    address: str = request.META.get("REMOTE_ADDR", "")
    return address
