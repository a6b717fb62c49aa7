"""What catalogs, schemas and models have in common, for callers to whom the kind does not matter."""

from __future__ import annotations

from typing import TypeVar

from registry import authorization
from registry.actor import Actor
from registry.exceptions import InvalidParameterValue
from registry.kinds import kind_of, right_to_create
from registry.models import Catalog, ExternalMetadata, RegisteredModel, Schema, Securable, Table
from registry.services.hierarchy import catalogs, external_metadata, registered_models, schemas, tables

Kind = TypeVar("Kind", bound=Securable)


def update_securable(
    *,
    actor: Actor,
    securable: Kind,
    new_name: str | None = None,
    comment: str | None = None,
    owner: str | None = None,
) -> Kind:
    """Rename, describe or hand over a securable; what is None stays. Tables and external metadata keep their names."""
    match securable:
        case Catalog():
            catalogs.update_catalog(actor=actor, catalog=securable, new_name=new_name, comment=comment, owner=owner)
        case Schema():
            schemas.update_schema(actor=actor, schema=securable, new_name=new_name, comment=comment, owner=owner)
        case RegisteredModel():
            registered_models.update_registered_model(
                actor=actor, model=securable, new_name=new_name, comment=comment, owner=owner
            )
        case Table() if new_name is None:
            tables.update_table(actor=actor, table=securable, comment=comment, owner=owner)
        case ExternalMetadata() if new_name is None:
            external_metadata.update_external_metadata(actor=actor, metadata=securable, comment=comment, owner=owner)
        case Table() | ExternalMetadata():
            raise InvalidParameterValue(f"A {securable.securable_type.words.lower()} keeps its name.")
        case _:
            raise InvalidParameterValue("A metastore has no name, description or owner to change.")
    return securable


def may_rename(*, actor: Actor, securable: Securable) -> bool:
    """Return whether ``actor`` may give ``securable`` another name: that takes the right to create one like it, too."""
    rename = kind_of(securable).rename
    if rename is None or not authorization.allows(actor, rename, securable):
        return False
    return authorization.allows(actor, *right_to_create(securable))
