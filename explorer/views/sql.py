"""A page to execute SQL on: one statement at a time."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from explorer import forms
from explorer.actors import actor_of
from explorer.views.dialogs import submitted
from explorer.views.paging import words_in
from explorer.wording import to_reader
from registry import sql
from registry.exceptions import RegistryError
from registry.services.finding import lookup, statements

EXAMPLES = (
    ("List catalogs", "SHOW CATALOGS"),
    ("List the models of a schema", "SHOW MODELS IN main.default"),
    ("See who has access", "SHOW GRANTS ON SCHEMA main.default"),
    ("See what someone holds", "SHOW GRANTS `someone@example.com`"),
    ("Let a group load every model of a schema", "GRANT EXECUTE, USE SCHEMA ON SCHEMA main.default TO `data team`"),
    ("Take a privilege away", "REVOKE EXECUTE ON SCHEMA main.default FROM `data team`"),
    ("Change an owner", "ALTER MODEL main.default.churn SET OWNER TO `data team`"),
    ("Describe a model", "COMMENT ON MODEL main.default.churn IS 'Who leaves next month'"),
    ("Tag a model", "SET TAG ON MODEL main.default.churn team = risk"),
)
KEPT, KEPT_LENGTH = 20, 2_000
"""Statements that a session remembers, and characters of the longest one."""
_HISTORY = "statements"
_OFFERED = 8


def index(request: HttpRequest) -> HttpResponse:
    form = forms.Statement(submitted(request), initial={"statement": request.GET.get("statement", "")})
    context: dict[str, Any] = {"form": form, "examples": EXAMPLES}
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["statement"]
        _remember(request, text)
        try:
            context["table"] = statements.execute_statement(actor=actor_of(request), text=text)
        except RegistryError as error:
            form.add_error(None, to_reader(error.message))
    return render(request, "explorer/sql/index.html", {**context, "history": request.session.get(_HISTORY, [])})


def names(request: HttpRequest) -> HttpResponse:
    """What can be meant by the ``letters`` of a statement: words of the language, objects, and principals."""
    letters = words_in(request, "letters")
    words = [word for word in sql.WORDS if word.startswith(letters.upper())] if letters.isalpha() else []
    found = lookup.look_up(actor=actor_of(request), text=letters, most=_OFFERED).everything if letters else []
    objects = [sql.written(row.full_name) for row in found]
    principals = lookup.list_principals(text=letters, most=_OFFERED) if letters else []
    offered = [*words, *objects, *(f"`{name}`" for name, _ in principals)][:_OFFERED]
    return render(request, "components/suggestions.html", {"suggestions": [(text, "") for text in offered]})


def _remember(request: HttpRequest, text: str) -> None:
    """Keep a statement in the session, the newest first and each once."""
    text = text.strip()
    if len(text) <= KEPT_LENGTH:
        others = [other for other in request.session.get(_HISTORY, []) if other != text]
        request.session[_HISTORY] = [text, *others][:KEPT]
