"""The Activity tab: what happened to an object, one line for each thing that people did."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from django.urls import reverse

from explorer.actors import actor_of
from explorer.addresses import page_of
from explorer.views.paging import paginate, words_in
from registry.actor import Actor
from registry.audit.actions import About, Action, actions_about
from registry.audit.sentences import sentence
from registry.models import AuditEvent, DiscussionComment, Governed, ModelVersion
from registry.services.activity import audit_log
from registry.services.people import names
from registry.services.versions import jobs

_BY_JOBS = {Action.COPY_MODEL_VERSION, Action.CREATE_MODEL_VERSION}
"""Events after which a job fills a version, if one does."""
Parts = Mapping[UUID | None, list[AuditEvent]]


@dataclass(frozen=True)
class Line:
    """An event, the version that it names (if it is still there), and what is part of it.

    ``more``: what else it leads to, a comment or a job, with its address.
    """

    event: AuditEvent
    before: str
    version: str
    address: str
    after: str
    parts: list[AuditEvent]
    more: tuple[str, str] | None = None


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
    names.prime(event.actor for event in page)
    addresses = _addresses(page)
    more = _comments(page) | _jobs(actor, page)
    return {
        "page": page, "subject": subject,
        "lines": [
            replace(_line(event, addresses, parts), more=more.get(event.pk)) for event in page
        ],
        "kinds": list(About), "alias_changes": actions_about(About.ALIASES),
        "wanted_kind": about, "wanted_person": person, "with_downloads": with_downloads,
    }  # fmt: skip


def _line(event: AuditEvent, addresses: dict[tuple[Any, int], str], parts: Parts) -> Line:
    words, version = sentence(event), f"version {_number(event)}"
    address = addresses.get((event.registered_model_uid, _number(event)), "")
    before, found, after = words.partition(version) if address else (words, "", "")
    is_end = event.action_name == Action.FINALIZE_MODEL_VERSION and event.securable_uid
    shown = parts.get(event.securable_uid, []) if is_end else []
    return Line(event, before, found, address, after, shown)


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


def _comments(events: Iterable[AuditEvent]) -> dict[int, tuple[str, str]]:
    """The comments that events are about, of those that are still there."""
    wanted = {event.pk: str(event.parameters["comment_id"]) for event in events if "comment_id" in event.parameters}
    if not wanted:
        return {}
    rows = DiscussionComment.objects.filter(uid__in=wanted.values(), deleted_at=None)
    there = {str(uid) for uid in rows.values_list("uid", flat=True)}
    return {key: ("Comment", reverse("comment", args=[uid])) for key, uid in wanted.items() if uid in there}


def _jobs(actor: Actor, events: Iterable[AuditEvent]) -> dict[int, tuple[str, str]]:
    """The jobs that have filled the versions that events began, as far as ``actor`` may see them."""
    wanted = {event.securable_uid: event.pk for event in events if event.action_name in _BY_JOBS}
    rows = jobs.list_jobs_of(actor=actor, targets=[uid for uid in wanted if uid]) if wanted else []
    return {wanted[job.target.uid]: ("Job", reverse("job", args=[job.pk])) for job in rows if job.target}
