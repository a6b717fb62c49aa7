"""The frame of every page: the catalog tree, opened along the path of the page that is shown, pins, jobs, theme."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from explorer import undo
from explorer.actors import actor_of
from explorer.addresses import page_of
from registry import authorization
from registry.actor import Actor
from registry.kinds import below, kind_of
from registry.models import Catalog, RegisteredModel, Schema, Securable
from registry.names import FullName
from registry.services.activity import notifications
from registry.services.finding import lookup, pins
from registry.services.hierarchy import catalogs, registered_models, schemas
from registry.services.labels.certification import with_certification
from registry.services.versions import jobs

THEMES = ("system", "light", "dark")

BRANCH = 200
"""Entries that a branch shows; the page of its parent shows them all."""
FOUND = 50
"""Entries of each kind that the tree's filter shows."""


@dataclass(frozen=True)
class TreeEntry:
    """What the link of an object shows.

    ``certification`` is its mark, where its row was read with one (pins are not).
    ``count`` is of the children that the reader can see, and ``children_are`` the words for it; None where there
    are none to count: for a model, and for what has no children.
    """

    full_name: str
    name: str
    icon: str
    address: str
    level: int
    certification: str = ""
    count: int | None = None
    children_are: str | None = None


@dataclass
class TreeNode:
    """An object in the tree, with its branch once it is open."""

    row: Securable
    entry: TreeEntry
    branch: Branch | None = None


@dataclass(frozen=True)
class Branch:
    """What is in a catalog or a schema, or all catalogs: the first of it, and whether there is more."""

    nodes: list[TreeNode]
    is_cut: bool
    nothing: str
    """What is said where there is nothing."""


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return what the frame shows (each read only by templates that show it), and the theme: a context processor."""
    theme = request.COOKIES.get(settings.THEME_COOKIE_NAME, "system")
    return {
        "tree": SimpleLazyObject(lambda: tree_of(actor_of(request), [path_of(request)])),
        "tree_path": SimpleLazyObject(lambda: path_of(request)),
        "pins": SimpleLazyObject(lambda: [node_of(row, full=True) for row in pins.list_pins(actor=actor_of(request))]),
        "drawer": SimpleLazyObject(lambda: jobs.list_recent_jobs(actor=actor_of(request))),
        "toast": SimpleLazyObject(lambda: undo.take(request.session)),
        "unread": SimpleLazyObject(lambda: notifications.count_unread(actor=actor_of(request))),
        "is_administrator": SimpleLazyObject(lambda: _is_administrator(request)),
        "keeps_runs": settings.KEEPS_RUNS,
        "offers_ai": SimpleLazyObject(lambda: bool(settings.AI["base_url"]) or _is_administrator(request)),
        "theme": theme if theme in THEMES else "system",
    }


def path_of(request: HttpRequest) -> str:
    """Return the full name of the object whose page is shown; empty on other pages."""
    arguments = request.resolver_match.kwargs if request.resolver_match else {}
    match arguments:
        case {"full_name": FullName() as full_name}:
            return str(full_name)
        case {"schema": (catalog, schema)}:
            return f"{catalog}.{schema}"
        case {"catalog": str() as catalog}:
            return catalog.lower()
    return ""


def tree_of(actor: Actor, opened: Iterable[str]) -> Branch:
    """Return the tree of all catalogs, with the branches open that are on the way to the full names in ``opened``."""
    names = {name for path in opened for name in _prefixes(path)}
    rows = with_counts(actor, catalogs.list_catalogs(actor=actor).select_related(None).only("name"))
    tree = _branch(rows, "Nothing here yet")
    for node in tree.nodes:
        if node.entry.full_name in names:
            node.branch = branch_of(actor, node.row)
            for below in node.branch.nodes:
                if below.entry.full_name in names:
                    below.branch = branch_of(actor, below.row)
    return tree


def branch_of(actor: Actor, row: Securable) -> Branch:
    """Return what is in a catalog or a schema; in a model there is nothing."""
    match row:
        case Catalog():
            below = with_counts(actor, schemas.list_schemas(actor=actor, catalog=row)).select_related(None)
            return _branch(below.select_related("catalog").only("name", "catalog__name"), "No schemas")
        case Schema():
            models = registered_models.list_models_of_schema(actor=actor, schema=row).select_related(None)
            return _branch(with_certification(models).only("name", "schema"), "No models")
    return _branch(RegisteredModel.objects.none(), "Nothing")


def _branch(rows: QuerySet[Any], nothing: str) -> Branch:
    nodes = [node_of(row) for row in rows[: BRANCH + 1]]
    return Branch(nodes[:BRANCH], len(nodes) > BRANCH, nothing)


def matches(actor: Actor, text: str, most: int = FOUND) -> list[TreeNode]:
    """Return what the tree's filter finds, by full name: catalogs, then schemas, then models."""
    result = lookup.look_up(actor=actor, text=text, most=most)
    return [node_of(row, full=True) for row in result.everything]


def node_of(row: Securable, *, full: bool = False) -> TreeNode:
    """Return the entry of an object; ``full`` where it is shown by itself and has its whole name."""
    kind = kind_of(row)
    inner = below(kind)
    name, level = (row.full_name, 1) if full else (row.name, kind.depth)
    count, mark = getattr(row, "shown_count", None), getattr(row, "certification", None) or ""
    children = inner.noun if inner else ""
    words = None if count is None else f"{count} {children}{'' if count == 1 else 's'}"
    return TreeNode(row, TreeEntry(row.full_name, name, kind.icon, page_of(row), level, mark, count, words))


def with_counts(actor: Actor, containers: QuerySet[Any]) -> QuerySet[Any]:
    """Return catalogs or schemas with certification and ``shown_count``: the children that the reader can see."""
    count = authorization.count_of_visible_children(actor, containers.model)
    annotated: QuerySet[Any] = with_certification(containers).annotate(shown_count=count)
    return annotated


def _prefixes(path: str) -> list[str]:
    parts = path.lower().split(".")
    return [".".join(parts[:length]) for length in (1, 2)]


def _is_administrator(request: HttpRequest) -> bool:
    return request.user.is_authenticated and authorization.is_administrator(actor_of(request))
