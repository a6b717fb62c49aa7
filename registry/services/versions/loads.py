"""Who loads a version: read from the events of downloads, so that no download waits for it."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from django.conf import settings
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet, Subquery, Sum
from django.utils import timezone

from registry import authorization
from registry.actor import Actor
from registry.audit.actions import Action
from registry.authorization import Operation
from registry.exceptions import StorageFull
from registry.models import AuditEvent, LineageEdge, LoadCount, ModelVersion, RegisteredModel, locks
from registry.services.activity import feed
from registry.services.shared import graph
from registry.services.shared.graph import Edge, Entity, Kind
from registry.storage import require_room

_ACTIONS = {Action.GENERATE_TEMPORARY_MODEL_VERSION_CREDENTIAL, Action.DOWNLOAD_MODEL_VERSION_ARTIFACT}
_WHOLE = ("MLmodel", "*")
"""What is read once by each load; the name of an archive of all files is a star."""
_BROWSER = "Mozilla/"
"""How browsers begin to call themselves: people look at files there, and load no models."""
_MOST_ALIASES = 1_000
_ROUNDS = 2_000
"""Events that are looked at in one go."""
_KEPT_FOR = timedelta(days=366)


def note_loads() -> None:
    """Note what was loaded since the last time, and by whom. It can wait: a full disk keeps its room for what frees
    some."""
    with suppress(StorageFull):
        require_room(0)
        # One at a time: each may hold a version, and others hold several of them in their own order.
        feed.follow("loads", _note, at_once=1, rounds=_ROUNDS)


def recent_loads(versions: QuerySet[ModelVersion]) -> tuple[int, date | None]:
    """Return how often ``versions`` were loaded in the last 30 days, and the day of the last load ever."""
    rows = LoadCount.objects.filter(edge__source__version__in=versions.order_by().values("pk"))
    since = timezone.now().date() - timedelta(days=30)
    told = rows.aggregate(number=Sum("count", filter=Q(day__gt=since)), last=Max("day"))
    return told["number"] or 0, told["last"]


def unused_since(*, actor: Actor, models: QuerySet[RegisteredModel], days: int) -> QuerySet[RegisteredModel]:
    """Return those of ``models``, as far as ``actor`` may read them, that had no new version and no load for ``days``.

    Each has ``last_version_at`` and ``last_loaded_on`` (None: never).
    """
    since = timezone.now() - timedelta(days=days)
    versions = ModelVersion.objects.filter(registered_model=OuterRef("pk")).order_by("-created_at")
    counts = LoadCount.objects.filter(edge__source__version__registered_model=OuterRef("pk")).order_by("-day")
    stale = models.filter(
        ~Exists(versions.filter(created_at__gte=since)), ~Exists(counts.filter(day__gte=since.date())),
        created_at__lt=since,
    )  # fmt: skip
    readable = authorization.permitted(actor, Operation.READ_REGISTERED_MODEL, stale)
    return readable.annotate(
        last_version_at=Subquery(versions.values("created_at")[:1]), last_loaded_on=Subquery(counts.values("day")[:1])
    )


def forget_loads() -> None:
    """Forget how often versions were loaded on days long past; who loaded them is kept."""
    LoadCount.objects.filter(day__lt=timezone.now().date() - _KEPT_FOR).delete()


def _note(event: AuditEvent) -> None:
    if not settings.RECORDS_LOADS or event.action_name not in _ACTIONS or event.is_denied or not _is_read(event):
        return
    containers = "registered_model__schema__catalog"
    found = ModelVersion.objects.select_related(containers).filter(uid__in=[event.securable_uid]).first()
    if found is None:
        return  # deleted since
    edge = _known(found, event.actor) or _edge(locks.hold(found), event.actor)
    if event.action_name == Action.DOWNLOAD_MODEL_VERSION_ARTIFACT and event.parameters.get("path") in _WHOLE:
        _count(edge, found, event)


def _is_read(event: AuditEvent) -> bool:
    return event.parameters.get("operation", "READ") == "READ" and not event.user_agent.startswith(_BROWSER)


def _known(version: ModelVersion, consumer: str) -> LineageEdge | None:
    edges = LineageEdge.objects.filter(source__version=version, kind=Edge.LOADED, recorded_by=consumer)
    return edges.first()


def _edge(version: ModelVersion, consumer: str) -> LineageEdge:
    node = graph.node_of(version)
    entity = Entity(Kind.CONSUMER, consumer)
    other = graph.nodes_of([entity])[entity]
    graph.connect([node], [other], Edge.LOADED, consumer)
    return LineageEdge.objects.get(source=node, target=other, kind=Edge.LOADED, recorded_by=consumer)


def _count(edge: LineageEdge, version: ModelVersion, event: AuditEvent) -> None:
    aliases = " ".join(version.aliases.values_list("name", flat=True))[:_MOST_ALIASES]
    row, _ = LoadCount.objects.get_or_create(edge=edge, day=event.at.date())
    LoadCount.objects.filter(pk=row.pk).update(count=F("count") + 1, aliases=aliases)
