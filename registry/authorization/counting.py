"""How many children of a container an actor can see, without reading them where possible."""

from __future__ import annotations

from django.db.models import Case, Count, F, IntegerField, Model, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce

from registry.actor import Actor
from registry.authorization.filters import visible_filter
from registry.authorization.holdings import Holdings
from registry.authorization.rules import rule
from registry.kinds import KIND_OF, below
from registry.models import Catalog, Schema
from registry.privileges import GRANTABLE, Privilege, SecurableType


def count_of_visible_children(actor: Actor, container: type[Model]) -> F | Case:
    """Return how many of the children of a catalog or a schema ``actor`` can see, for ``annotate``.

    Actors who see all of them get the container's counter. For others they are counted, beginning with what is held.
    """
    held, inner = Holdings.of(actor), below(KIND_OF[container])
    if inner is None:
        raise ValueError(f"Nothing lies in a {container.__name__}.")
    if held.is_administrator:
        return F("child_count")
    children = inner.model._default_manager.filter(**{inner.parent: OuterRef("pk")}).order_by()
    known = children.filter(visible_filter(inner.model, held, listing=True))
    counted = known.values(inner.parent).annotate(count=Count("pk")).values("count")
    all_seen = When(_sees_all_children(container, held), then=F("child_count"))
    return Case(all_seen, default=Coalesce(Subquery(counted), 0), output_field=IntegerField())


def schemas_seen_whole(actor: Actor, kind: SecurableType) -> QuerySet[Schema]:
    """Return the schemas of which ``actor`` sees every object of that kind, whatever is held on the objects."""
    held = Holdings.of(actor)
    return Schema.objects.all() if held.is_administrator else Schema.objects.filter(_sees_all_of(kind, held))


def _sees_all_children(container: type[Model], held: Holdings) -> Q:
    """Containers of whose children ``visible_filter`` shows every one, whatever is held on the children themselves."""
    if container is Catalog:
        browsable = held.catalogs(frozenset({Privilege.BROWSE}), owned=False)
        any_right = rule(*GRANTABLE[SecurableType.SCHEMA]).any_of
        return Q(pk__in=(held.catalogs(any_right) & held.usable_catalogs) | browsable)
    return _sees_all_of(SecurableType.FUNCTION, held)


def _sees_all_of(kind: SecurableType, held: Holdings) -> Q:
    browsable = held.catalogs(frozenset({Privilege.BROWSE}), owned=False)
    any_right = rule(*GRANTABLE[kind]).any_of
    usable = Q(catalog__in=held.fully_usable_catalogs) | Q(pk__in=held.usable_schemas)
    inherited = Q(pk__in=held.schemas(any_right)) | Q(catalog__in=held.catalogs(any_right))
    return usable & inherited | Q(catalog__in=browsable)
