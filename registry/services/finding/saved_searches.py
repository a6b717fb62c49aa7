"""Searches that a user comes back to. They are private, and not part of the audit."""

from __future__ import annotations

from django.db.models import QuerySet

from registry import authorization, limits
from registry.actor import Actor
from registry.denials import Attempt
from registry.exceptions import InvalidParameterValue
from registry.models import SavedSearch


def list_saved_searches(*, actor: Actor) -> QuerySet[SavedSearch]:
    return SavedSearch.objects.filter(user=actor.principal)


def save_search(*, actor: Actor, name: str, query: str) -> SavedSearch:
    """Keep ``query`` (of the search page's address) under ``name``, replacing what had that name."""
    if not query:
        raise InvalidParameterValue("There is nothing to save: search for something first.")
    if len(query) > limits.FILTER_LENGTH:
        raise InvalidParameterValue(f"A search of more than {limits.FILTER_LENGTH} characters, encoded, is not kept.")
    mine = list_saved_searches(actor=actor)
    if mine.exclude(name=name).count() >= limits.SAVED_SEARCHES:
        raise InvalidParameterValue(f"You have {limits.SAVED_SEARCHES} saved searches: that is the limit.")
    return mine.update_or_create(user=actor.principal, name=name, defaults={"query": query})[0]


def delete_saved_search(*, actor: Actor, key: int) -> None:
    """Forget a saved search of the actor's own."""
    if list_saved_searches(actor=actor).filter(pk=key).delete()[0] == 0:
        of_others = SavedSearch.objects.filter(pk=key)
        raise authorization.none_of(actor, of_others, "There is no such saved search.", Attempt.DELETE_SAVED_SEARCH)
