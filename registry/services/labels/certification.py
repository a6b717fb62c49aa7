"""Certification: the mark next to a catalog, schema or model that it can be relied on, or should be avoided.

As in Unity Catalog it is a governed tag (``names.CERTIFICATION``) with a fixed list of values. To certify, users need
ASSIGN on it, as for the other governed tags: see ``tag_policies``.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from registry import authorization, names
from registry.actor import Actor
from registry.authorization import Operation
from registry.models import Catalog, RegisteredModel, Schema
from registry.models.metadata import Tag
from registry.services.labels import tags


def certify(*, actor: Actor, securable: Catalog | Schema | RegisteredModel, status: str) -> None:
    """Mark ``securable`` as certified or deprecated; an empty ``status`` takes the mark away."""
    authorization.require(actor, Operation.CERTIFY, securable)
    if status:
        tags.set_tag(actor=actor, subject=securable, key=names.CERTIFICATION, value=status)
    else:
        tags.delete_tag(actor=actor, subject=securable, key=names.CERTIFICATION)


def certification_in(tags_of_one: Iterable[Tag]) -> str:
    """Return ``certified``, ``deprecated`` or nothing, as an object's tags say, which its page shows anyway."""
    return next((tag.value for tag in tags_of_one if tag.key == names.CERTIFICATION), "")


def with_certification(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Return catalogs, schemas or models with ``certification``, None where there is no mark (no extra query)."""
    marks = rows.model._meta.get_field("tags").related_model.objects.filter(subject=OuterRef("pk"))
    mark = Subquery(marks.filter(key=names.CERTIFICATION).values("value"))
    annotated: QuerySet[Any] = rows.annotate(certification=mark)
    return annotated
