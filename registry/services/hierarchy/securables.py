"""What catalogs, schemas and models have in common, for callers to whom the kind does not matter."""

from __future__ import annotations

from typing import TypeVar

from registry import authorization
from registry.actor import Actor
from registry.exceptions import InvalidParameterValue
from registry.kinds import kind_of, right_to_create
from registry.models import Catalog, RegisteredModel, Schema, Securable
from registry.services.hierarchy import catalogs, registered_models, schemas

Kind = TypeVar("Kind", bound=Securable)


def update_securable(
    *,
    actor: Actor,
    securable: Kind,
    new_name: str | None = None,
    comment: str | None = None,
    owner: str | None = None,
) -> Kind:
    """Rename, describe or hand over a catalog, a schema or a model; what is None stays."""
    match securable:
        case Catalog():
            catalogs.update_catalog(actor=actor, catalog=securable, new_name=new_name, comment=comment, owner=owner)
        case Schema():
            schemas.update_schema(actor=actor, schema=securable, new_name=new_name, comment=comment, owner=owner)
        case RegisteredModel():
            registered_models.update_registered_model(
                actor=actor, model=securable, new_name=new_name, comment=comment, owner=owner
            )
        case _:
            raise InvalidParameterValue("A metastore has no name, description or owner to change.")
    return securable


def may_rename(*, actor: Actor, securable: Securable) -> bool:
    """Return whether ``actor`` may give ``securable`` another name: that takes the right to create one like it, too."""
    rename = kind_of(securable).rename
    if rename is None or not authorization.allows(actor, rename, securable):
        return False
    return authorization.allows(actor, *right_to_create(securable))
