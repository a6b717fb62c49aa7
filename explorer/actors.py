"""The Actor of a request of the browser."""

from django.http import HttpRequest

from registry.actor import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Who asks; one object for the whole request, so that holdings are read once."""
    if not hasattr(request, "_actor"):
        request._actor = Actor.from_request(request)  # type: ignore[attr-defined]
    actor: Actor = request._actor  # type: ignore[attr-defined]
    return actor
