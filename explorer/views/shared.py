"""What several pages show in the same way."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django.contrib.auth.models import Group
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers

from explorer import forms
from explorer.actors import actor_of
from explorer.views.activity import activity
from explorer.wording import to_reader, words_for
from registry import authorization
from registry.actor import Actor
from registry.authorization import Operation
from registry.authorization.explaining import Link
from registry.exceptions import RegistryError
from registry.kinds import kind_of
from registry.models import Governed, ModelVersion, Securable
from registry.privileges import GRANTABLE
from registry.services.access import explanations, grants
from registry.services.shared.ownership import find_principal

Tabs = tuple[tuple[str, str], ...]
"""Keys and labels of a page's tabs."""


def can(actor: Actor, securable: Governed, *operations: Operation) -> dict[str, bool]:
    """Return, for each operation, by the name of its member in lower case, whether its button is offered."""
    answers = authorization.allowed(actor, operations, securable)
    return {operation.name.lower(): answer for operation, answer in answers.items()}


def host_of(request: HttpRequest) -> str:
    """Return the address by which clients reach this server: that of the request, without its path."""
    return f"{request.scheme}://{request.get_host()}"


def active_tab(request: HttpRequest, tabs: Tabs) -> str:
    """Return the tab that the address asks for (``?activeTab=…``, as in Databricks' links), or else the first."""
    fields = request.GET.get("activeTab", "")
    return fields if fields in dict(tabs) else tabs[0][0]


def render_fragment(request: HttpRequest, template: str, partial: str, context: dict[str, Any]) -> HttpResponse:
    """A page, or the one ``partial`` of it that htmx asks for; caches must not take the one for the other."""
    is_fragment = bool(request.htmx)  # type: ignore[attr-defined]
    response = render(request, f"{template}#{partial}" if is_fragment else template, context)
    patch_vary_headers(response, ["HX-Request"])
    return response


DISCUSSION = ("discussion", "Discussion")


def counted(tabs: Tabs, key: str, count: int) -> Tabs:
    """Return ``tabs`` with a number behind one label, if there is something to count."""
    return tuple((tab, f"{label} {count}" if tab == key and count else label) for tab, label in tabs)


PERMISSIONS, ACTIVITY = ("permissions", "Permissions"), ("activity", "Activity")


def side_tab(request: HttpRequest, tab: str, subject: Governed) -> dict[str, Any] | None:
    """Return what the tabs show that every object has; None for any other tab."""
    actor = actor_of(request)
    if tab == "activity":
        return activity(request, subject)
    if tab == "permissions" and not isinstance(subject, ModelVersion):
        return permissions(actor, subject) | _explanation(request, subject)
    return None


def _explanation(request: HttpRequest, securable: Securable) -> dict[str, Any]:
    """The panel «why?»: its form, and the answer once it is asked."""
    fields = request.GET if "operation" in request.GET else None
    form = forms.Explain(fields, auto_id="explain_%s", securable_type=securable.securable_type)
    context: dict[str, Any] = {"explain_form": form}
    if form.is_bound and form.is_valid():
        name, operation = form.cleaned_data["principal"], Operation[form.cleaned_data["operation"]]
        try:
            explanation = explanations.explain(
                actor=actor_of(request), operation=operation, securable=securable,
                principal=find_principal(name) if name else actor_of(request).principal,
            )  # fmt: skip
            context |= {"explanation": explanation, "can_words": words_for(operation)}
            context["links"] = [(link, _may_give(request, link)) for link in explanation.links]
        except RegistryError as error:
            form.add_error(None, to_reader(error.message))
    return context


def _may_give(request: HttpRequest, link: Link) -> bool:
    """Whether the reader can grant what is missing, here and now."""
    is_missing = not link.reasons and not link.tag
    can_be_granted = is_missing and link.privilege in GRANTABLE[link.securable.securable_type]
    return can_be_granted and authorization.allows(actor_of(request), Operation.MANAGE_GRANTS, link.securable)


def permissions(actor: Actor, securable: Securable) -> dict[str, Any]:
    """Return the rows of the Permissions tab, one per principal: what is granted here, and what is inherited."""
    effective = grants.list_effective_grants(actor=actor, securable=securable)
    effective.sort(key=lambda grant: (str(grant.principal), grant.granted_on.full_name, grant.privilege))
    rows = []
    for principal, of_principal in groupby(effective, key=lambda grant: grant.principal):
        by_source = [(source, list(held)) for source, held in groupby(of_principal, key=lambda grant: grant.granted_on)]
        rows.append({
            "principal": principal,
            "called": getattr(principal, "display_name", ""),
            "members_url": _members_url(securable, principal),
            "direct": [grant for source, held in by_source if source == securable for grant in held],
            "inherited": [(source, held) for source, held in by_source if source != securable],
        })  # fmt: skip
    return {"permissions": rows}


def _members_url(securable: Securable, principal: grants.Principal) -> str:
    """The address at which a group's members are listed; empty if it isn't a group."""
    if not isinstance(principal, Group):
        return ""
    kind = securable.securable_type.lower()
    return reverse("grant-members", args=[kind, kind_of(securable).address_name(securable), principal.pk])
