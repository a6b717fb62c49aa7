"""The Actor of a request of the browser."""

from django.http import HttpRequest

from registry.actor import Actor


def actor_of(request: HttpRequest) -> Actor:
    """Return the user who asks; one object for the whole request."""
    return Actor.from_request(request)
