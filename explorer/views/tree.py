"""The catalog tree beyond what a page brings along: branches that are opened, and what its filter finds."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer import navigation
from explorer.actors import actor_of
from explorer.views.finding import find_by_name
from explorer.views.paging import words_in

OPEN = 20
"""Branches that are opened at once."""


def branch(request: HttpRequest) -> HttpResponse:
    """The children of a catalog or a schema (``of``), what a ``filter`` finds, or the tree with branches ``open``."""
    actor, path = actor_of(request), request.GET.get("path", "")
    if text := words_in(request, "filter"):
        context = {"nodes": navigation.matches(actor, text), "text": text, "tree_path": path}
        return render(request, "components/tree_found.html", context)
    if of := request.GET.get("of"):
        shown = navigation.branch_of(actor, find_by_name(request, of))
    else:
        shown = navigation.tree_of(actor, [path, *request.GET.getlist("open")[:OPEN]])
    return render(request, "components/tree_branch.html", {"branch": shown, "tree_path": path})
