"""The settings of the metastore."""

from __future__ import annotations

from django.db import transaction

from registry import audit, authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.exceptions import InvalidParameterValue
from registry.models import Metastore
from registry.names import folded


def environments_of(text: str) -> list[str]:
    """Return the names of catalogs in ``text``, which commas or arrows separate, in the order of promotion."""
    names = [folded(name.strip()) for name in text.replace("→", ",").replace("->", ",").split(",")]
    return list(dict.fromkeys(name for name in names if name))


def update_metastore(*, actor: Actor, environments: str, makes_default_schemas: bool) -> Metastore:
    """Change the settings of the metastore.

    ``environments``: catalogs in the order in which models are promoted, separated by commas or arrows.
    """
    metastore = Metastore.current()
    authorization.require(actor, Operation.UPDATE_METASTORE, metastore)
    order = ", ".join(environments_of(environments))
    if len(order) > _LONGEST:
        raise InvalidParameterValue(f"The environments take more than {_LONGEST:,} characters.")
    with transaction.atomic():
        fields = {"environments": order, "makes_default_schemas": makes_default_schemas}
        Metastore.objects.filter(pk=metastore.pk).update(**fields)
        audit.metastore_updated(actor, metastore, **fields)
    return Metastore.current()


_LONGEST = 2_000
