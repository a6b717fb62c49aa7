"""What one request declares of a registered model, with its owner and its aliases: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from registry import names
from registry.actor import Actor
from registry.models import ModelVersion, RegisteredModel, locks
from registry.names import FullName
from registry.services.hierarchy import registered_models
from registry.services.metadata.aliases import delete_registered_model_alias, set_registered_model_alias


def create_model(
    *, actor: Actor, full_name: FullName, owner: str | None, aliases: Mapping[str, int] | None, **described: Any
) -> RegisteredModel:
    """Create a model, hand it over to ``owner``, and set ``aliases``.

    A model that is created has no versions yet: an alias of one raises DoesNotExist, and nothing is created.
    """
    with transaction.atomic():
        model = registered_models.create_registered_model(actor=actor, full_name=full_name, **described)
        if aliases or owner not in (None, actor.name):
            update_model(actor=actor, model=model, aliases=aliases, owner=owner)
    return model


def update_model(
    *, actor: Actor, model: RegisteredModel, aliases: Mapping[str, int] | None, **changes: str | None
) -> RegisteredModel:
    """Change a model as ``update_registered_model`` does, and let it have only these aliases; None leaves them."""
    with transaction.atomic():
        if aliases is not None:
            _replace_aliases(actor, model, aliases)  # first: versions are held before their model
        return registered_models.update_registered_model(actor=actor, model=model, **changes)


def _replace_aliases(actor: Actor, model: RegisteredModel, wanted: Mapping[str, int]) -> None:
    """Remove the aliases that are not ``wanted``, and set those that are not there or point elsewhere."""
    folded = {names.folded(alias): (alias, version) for alias, version in wanted.items()}
    locks.hold_all(ModelVersion.objects.filter(registered_model=model, version__in=set(wanted.values())))
    there = {alias.folded: alias for alias in model.aliases.select_related("model_version")}
    for key in sorted(there.keys() - folded.keys()):
        delete_registered_model_alias(actor=actor, model=model, alias=there[key].name)
    for key, (alias, version) in sorted(folded.items()):
        if key not in there or there[key].model_version.version != version:
            set_registered_model_alias(actor=actor, model=model, alias=alias, version=version)
