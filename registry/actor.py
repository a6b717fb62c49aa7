"""Who is asking: handed to every service, so that rights and history never depend on hidden state."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from accounts.models import User


@dataclass(frozen=True, eq=False)
class Actor:
    """A principal, and from where it asks. ``held`` keeps what authorization has read for this one request."""

    principal: User
    scopes: frozenset[str] = frozenset()
    on_behalf_of: str = ""
    address: str = ""
    user_agent: str = ""
    request_id: str = ""
    held: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def from_request(cls, request: Any) -> Actor:
        """Who asks, and from where, in a request that has been authenticated."""
        return cls(
            principal=request.user,
            address=request.META.get("REMOTE_ADDR", ""),
            user_agent=request.headers.get("User-Agent", ""),
            request_id=getattr(request, "request_id", ""),
        )

    @property
    def name(self) -> str:
        return self.principal.user_name
