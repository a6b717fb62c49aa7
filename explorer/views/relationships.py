"""Edges of lineage that people draw, with a note."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from explorer import elsewhere_forms
from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.forms import Confirm
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_version
from registry.kinds import kind_of
from registry.models import LineageNode, ModelVersion
from registry.names import FullName
from registry.services.shared.graph import Direction
from registry.services.versions import drawn, relationships


def drawing(request: HttpRequest, version: ModelVersion) -> dict[str, Any]:
    """Return what the Lineage tab of a version offers next to its graph: to draw, and to remove what was drawn."""
    actor = actor_of(request)
    may = relationships.may_draw(actor=actor, version=version)
    url = reverse("add-relationship", args=kind_of(version).arguments(version)) if may else ""
    return {"add_url": url, "drawn": drawn.list_drawn(actor=actor, version=version)}


def add(request: HttpRequest, full_name: FullName, version: int) -> HttpResponse:
    found = find_version(request, full_name, version)
    lead = "Add what clients don't report: a dashboard that shows its scores, a file that someone labeled."
    dialog = Dialog(f"Add to the lineage of {found}", "Add", _tab(found), lead)

    def perform(fields: Fields) -> None:
        actor, kind = actor_of(request), LineageNode.Kind(fields["kind"])
        itself = relationships.end_of(found)
        other = relationships.find_end(actor=actor, kind=kind, name=fields["name"])
        upstream = fields["direction"] == Direction.UPSTREAM
        source, target = (other, itself) if upstream else (itself, other)
        relationships.create_relationship(actor=actor, source=source, target=target, note=fields["note"])

    return answer(request, dialog, elsewhere_forms.DrawRelationship(submitted(request)), perform)


def remove(request: HttpRequest, full_name: FullName, version: int, uid: UUID) -> HttpResponse:
    found = find_version(request, full_name, version)
    row = drawn.get_drawn(actor=actor_of(request), version=found, uid=uid)
    lead = f"That {row.source} leads to {row.target} is no longer noted."
    dialog = Dialog("Remove from the lineage", "Remove", _tab(found), lead, danger=True)

    def perform(fields: Fields) -> None:
        drawn.remove_drawn(actor=actor_of(request), drawn=row)

    return answer(request, dialog, Confirm(submitted(request)), perform)


def _tab(version: ModelVersion) -> str:
    return f"{page_of(version)}?activeTab=lineage"
