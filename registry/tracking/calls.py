"""Calls of MLflow's API that the product makes itself, for a user: through the door, like a client's."""

from __future__ import annotations

from typing import Any

from registry.actor import Actor
from registry.tracking import door
from registry.tracking.routes import ROUTES

_API = "api/2.0/mlflow/"
_ROUTES = {(route.method, route.path): route for route in ROUTES}


def call(method: str, path: str, *, actor: Actor, **params: Any) -> dict[str, Any]:
    """Return the answer to a call, or raise what it was refused with.

    ``path`` is a route's, below ``api/2.0/mlflow/``; ids that it contains are named in ``params``.
    """
    route = _ROUTES[method, _API + path]
    where = route.path
    for name, value in params.items():
        where = where.replace(f"<{name}>", str(value))
    return door.pass_on(actor=actor, route=route, path=where, params=params).told()
