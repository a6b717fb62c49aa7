"""Watching models: the users who are notified of what happens to them."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction

from accounts.models import User
from registry import authorization
from registry.actor import Actor
from registry.audit.actions import For, actions_for
from registry.audit.sentences import sentence
from registry.authorization import Operation
from registry.models import AuditEvent, RegisteredModel, Watch, locks
from registry.services.activity import feed, notifications

Level = Watch.Level


def level_of(*, actor: Actor, model: RegisteredModel) -> Level:
    """Return how much ``actor`` is notified about ``model``."""
    chosen = Watch.objects.filter(user=actor.principal, registered_model=model).first()
    if chosen is not None:
        return Level(chosen.level)
    return Level.EVERYTHING if model.owner == actor.principal else Level.CONCERNING


def watch(*, actor: Actor, model: RegisteredModel, level: Level) -> None:
    """Choose how much ``actor`` is notified about ``model``, whose metadata it may read."""
    authorization.require(actor, Operation.READ_REGISTERED_MODEL, model)
    with transaction.atomic():
        locks.hold(model)  # it is not deleted in the meantime
        Watch.objects.update_or_create(user=actor.principal, registered_model=model, defaults={"level": level})


def listeners(model: RegisteredModel, *, concerned: Iterable[User] = ()) -> list[User]:
    """Return the users to notify about ``model``: those who watch it, and those of ``concerned`` who have not muted it.

    Only users who may read the metadata at this moment are notified; a right that is gone no longer counts.
    """
    levels = {watch.user: watch.level for watch in model.watches.select_related("user")}
    people = {user: None for user, level in levels.items() if level == Level.EVERYTHING}
    if isinstance(model.owner, User) and model.owner not in levels:
        people[model.owner] = None
    people |= {user: None for user in concerned if levels.get(user) != Level.NOTHING}
    asking = [Actor(principal=user) for user in people if user.is_active]
    authorization.gather(asking, within=None)
    return [a.principal for a in asking if authorization.allows(a, Operation.READ_REGISTERED_MODEL, model)]


def tell_watchers() -> None:
    """Notify those who watch a model of what has happened to it since the last time, but not of what they did."""
    feed.follow("watchers", _tell)


def _tell(event: AuditEvent) -> None:
    if event.action_name not in actions_for(For.WATCHERS) or event.is_denied or event.registered_model_uid is None:
        return
    models = RegisteredModel.objects.select_related("schema__catalog", "owner_user", "owner_group")
    model = models.filter(uid=event.registered_model_uid).first()
    if model is not None:
        people = [user for user in listeners(model) if user.user_name != event.actor]
        notifications.notify(people, f"{event.actor} {sentence(event)} on {model.full_name}.", about=model)
