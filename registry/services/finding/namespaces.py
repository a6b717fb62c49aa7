"""The default catalog and schema, in which programs that were written for `mlflow server` find their models."""

from __future__ import annotations

from django.conf import settings

from registry import names
from registry.actor import Actor
from registry.exceptions import InvalidParameterValue
from registry.models import DefaultNamespace


def default_namespace(*, actor: Actor) -> tuple[str, ...]:
    """Return the names of the catalog and the schema that ``actor`` has chosen, or the installation; maybe none."""
    chosen = DefaultNamespace.objects.filter(user=actor.principal).first()
    return tuple(chosen.name.split(".")) if chosen is not None else settings.DEFAULT_NAMESPACE


def chosen_namespace(*, actor: Actor) -> str:
    """Return what ``actor`` has chosen, as it is written; empty if nothing is."""
    return ".".join(DefaultNamespace.objects.filter(user=actor.principal).values_list("name", flat=True))


def choose_namespace(*, actor: Actor, name: str) -> None:
    """Choose ``<catalog>.<schema>``, or only a catalog; empty for the installation's default.

    It need not exist: it is a prefix of names, and says nothing about what they lead to.
    """
    mine = DefaultNamespace.objects.filter(user=actor.principal)
    if not name.strip():
        mine.delete()
        return
    parts = name.strip().split(".")
    if len(parts) > len(("catalog", "schema")):
        raise InvalidParameterValue("Enter <catalog>.<schema>, or only a catalog.")
    written = ".".join(names.object_name(part, "name") for part in parts)
    DefaultNamespace.objects.update_or_create(user=actor.principal, defaults={"name": written})
