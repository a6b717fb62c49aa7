"""The Activity tab: what happened to an object, one line for each thing that people did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.paging import paginate, words_in
from registry.audit.actions import About, Action, actions_about
from registry.audit.sentences import sentence
from registry.models import AuditEvent, Governed, ModelVersion
from registry.services.activity import audit_log
from registry.services.people import principals

Parts = Mapping[UUID | None, list[AuditEvent]]


@dataclass(frozen=True)
class Line:
    """An event, what its actor is called, the version that it names (if it is still there), and what is part of it."""

    event: AuditEvent
    called: str
    before: str
    version: str
    address: str
    after: str
    parts: list[AuditEvent]


def activity(request: HttpRequest, subject: Governed) -> dict[str, Any]:
    """Return what the tab shows."""
    kind, person = request.GET.get("kind", ""), words_in(request, "person")
    about, with_downloads = About(kind) if kind in list(About) else None, "downloads" in request.GET
    actor = actor_of(request)
    events = audit_log.list_activity(
        actor=actor, subject=subject, about=about, person=person, with_downloads=with_downloads
    )
    page = paginate(request, events)
    parts = audit_log.details_of(actor=actor, subject=subject, events=list(page))
    called, addresses = principals.display_names({event.actor for event in page}), _addresses(page)
    return {
        "page": page, "subject": subject,
        "lines": [_line(event, called, addresses, parts) for event in page],
        "kinds": list(About), "alias_changes": actions_about(About.ALIASES),
        "wanted_kind": about, "wanted_person": person, "with_downloads": with_downloads,
    }  # fmt: skip


def _line(event: AuditEvent, called: dict[str, str], addresses: dict[tuple[Any, int], str], parts: Parts) -> Line:
    words, version = sentence(event), f"version {_number(event)}"
    address = addresses.get((event.registered_model_uid, _number(event)), "")
    before, found, after = words.partition(version) if address else (words, "", "")
    is_end = event.action_name == Action.FINALIZE_MODEL_VERSION and event.securable_uid
    shown = parts.get(event.securable_uid, []) if is_end else []
    return Line(event, called.get(event.actor, ""), before, found, address, after, shown)


def _number(event: AuditEvent) -> int:
    """The version that an event is about; 0, if it is about none."""
    text = str(event.parameters.get("version_arg") or event.parameters.get("version_num") or "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _addresses(events: Iterable[AuditEvent]) -> dict[tuple[Any, int], str]:
    """The pages of the versions that events name, of those that are still there."""
    wanted = {(event.registered_model_uid, _number(event)) for event in events if _number(event)}
    rows = ModelVersion.objects.filter(
        registered_model__uid__in={uid for uid, _ in wanted}, version__in={number for _, number in wanted}
    ).select_related("registered_model__schema__catalog")
    known = {(row.registered_model.uid, row.version): page_of(row) for row in rows} if wanted else {}
    return {key: address for key, address in known.items() if key in wanted}
