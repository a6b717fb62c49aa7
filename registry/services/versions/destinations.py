"""Where a version may be copied to: what is offered, and what the result would be."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import DoesNotExist
from registry.models import Alias, Catalog, Metastore, ModelVersion, RegisteredModel, Schema
from registry.names import FullName, folded
from registry.services.finding import lookup
from registry.services.hierarchy import metastores
from registry.services.shared import finders

_OUTCOME = re.compile(r"(?:^|[._-])(?:valid|approv|review|sign[._-]?off|certif|qa(?:$|[._-]))", re.IGNORECASE)


@dataclass(frozen=True)
class CopyOutcome:
    """What a copy would become: the version ``number`` of the model ``full_name``, which ``is_new`` or has ``aliases``.

    ``refused``: the object on which its reader lacks what a copy needs, if any.
    """

    full_name: str
    number: int
    size: int | None
    is_new: bool
    aliases: list[Alias]
    refused: RegisteredModel | Schema | None = None


def travels(key: str) -> bool:
    """Return whether a tag is copied by default. Tags that record how a review ended are not."""
    return not _OUTCOME.search(key)


def next_environment(*, actor: Actor, source: ModelVersion) -> str:
    """Return the name of ``source``'s model one environment further on; nothing if no such model is visible."""
    model = source.registered_model
    order = metastores.environments_of(Metastore.current().environments)
    here = model.schema.catalog.name
    following = order[order.index(here) + 1 :] if here in order else []
    seen = authorization.visible(actor, Catalog.objects.filter(name__in=following)).values_list("name", flat=True)
    catalog = next((name for name in following if name in set(seen)), None)
    return f"{catalog}.{model.schema.name}.{model.name}" if catalog else ""


def list_destinations(*, actor: Actor, source: ModelVersion | None, text: str, most: int) -> list[tuple[str, str]]:
    """Return full names with ``text`` in them to which ``actor`` may copy, and what each is: existing models, and
    (for ``source``) a model of the same name in schemas where there is none."""
    models = lookup.list_writable_models(actor=actor, text=text, most=most)
    names = {model.full_name: "" for model in models}
    if source is not None:
        schemas = authorization.permitted(
            actor, Operation.CREATE_REGISTERED_MODEL,
            Schema.objects.select_related("catalog").order_by("catalog__name", "name"), listing=True,
        )  # fmt: skip
        for schema in schemas[:most]:
            name = f"{schema.full_name}.{source.registered_model.name}"
            if folded(text.strip()) in name:
                names.setdefault(name, "new model")
    return list(names.items())


def outcome_of(*, actor: Actor, source: ModelVersion, full_name: FullName) -> CopyOutcome:
    """Return what a copy of ``source`` to the model called ``full_name`` would become.

    Raises DoesNotExist, InvalidParameterValue: there is no such schema, or it cannot be a name.
    """
    schema = finders.get_schema(actor=actor, catalog=full_name.catalog, name=full_name.schema)
    size = source.size if authorization.allows(actor, Operation.READ_REGISTERED_MODEL, source) else None
    try:
        model = finders.get_registered_model(actor=actor, full_name=full_name)
    except DoesNotExist:
        may = authorization.allows(actor, Operation.CREATE_REGISTERED_MODEL, schema)
        return CopyOutcome(str(full_name), 1, size, is_new=True, aliases=[], refused=None if may else schema)
    may = authorization.allows(actor, Operation.CREATE_MODEL_VERSION, model)
    number, aliases = model.last_version + 1, list(model.aliases.select_related("model_version"))
    return CopyOutcome(model.full_name, number, size, False, aliases, None if may else model)


def aliases_offered(source: ModelVersion, destination: Iterable[Alias]) -> list[str]:
    """Return aliases to choose from: those of the destination, those that people use, those of the source's model."""
    own = [alias.name for alias in source.registered_model.aliases.all()]
    names = [*(alias.name for alias in destination), "champion", "challenger", "candidate", *own]
    return list({folded(name): name for name in reversed(names)}.values())[::-1]
