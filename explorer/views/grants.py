"""Granting and revoking, on any securable."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from explorer import grant_forms, undo
from explorer.actors import actor_of
from explorer.addresses import called, page_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.finding import find_securable
from explorer.views.paging import words_in
from explorer.views.shared import render_fragment
from explorer.wording import tasks_on
from registry.kinds import kind_of
from registry.models import Securable
from registry.privileges import Privilege, SecurableType
from registry.services.access import access_requests, explanations, grants
from registry.services.finding import lookup
from registry.services.shared.ownership import find_principal

MEMBERS = 50
"""Members of a group that are listed; of more, how many there are."""


def grant(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    securable = find_securable(request, securable_type, full_name)
    dialog = Dialog(
        f"Grant access to {securable.full_name}", "Grant", _permissions_tab(securable), _who_is_covered(securable),
        is_live=True,
    )  # fmt: skip

    def change(fields: Fields) -> list[grants.GrantChange]:
        principal, ends_at = find_principal(fields["principal"]), access_requests.end_of(fields["days"])
        return [grants.GrantChange(principal, add=tuple(fields["privileges"]), ends_at=ends_at)]

    may_too = grants.may_grant_prerequisites(actor=actor_of(request), securable=securable)
    named: dict[str, Any] = {"principal": request.GET.get("principal", "")}
    if privileges := request.GET.getlist("privilege"):
        named |= {"privileges": privileges, "preset": ""}
    form = grant_forms.GrantForm(
        submitted(request), initial=named, securable_type=securable.securable_type, prerequisites=may_too
    )
    return _change(request, dialog, form, securable, change)


def revoke(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    """Revoke privileges from one principal, as the address names them, unless others are chosen."""
    securable = find_securable(request, securable_type, full_name)
    principal = find_principal(request.GET.get("principal", ""))
    named = [Privilege.parse(text) for text in request.GET.getlist("privilege")]
    rows = grants.list_grants(actor=actor_of(request), securable=securable, principal=principal)
    held = sorted({row.privilege for row in rows} | set(named))
    dialog = Dialog(
        f"Revoke access of {principal}", "Revoke", _permissions_tab(securable),
        f"{principal} loses the selected privileges on {securable.full_name}. Grants on its containers stay.",
        danger=True, is_live=True,
    )  # fmt: skip

    def change(fields: Fields) -> list[grants.GrantChange]:
        return [grants.GrantChange(principal, remove=tuple(fields["privileges"]))]

    form = grant_forms.RevokeForm(submitted(request) or {"privileges": named or held}, held=held)
    return _change(request, dialog, form, securable, change)


def request_access(request: HttpRequest, securable_type: str, full_name: str) -> HttpResponse:
    """Ask the users who manage the object for a right on it."""
    securable = find_securable(request, securable_type, full_name)
    people = ", ".join(str(person) for person in access_requests.approvers_of(securable)[:5])
    lead = f"This is sent to {people}." if people else ""
    named = request.GET.get("principal", "")
    principal = find_principal(named) if named else None
    whom = f" for {called(principal)}" if principal else ""
    dialog = Dialog(f"Request access to {securable.full_name}{whom}", "Send", page_of(securable), lead)

    def perform(fields: Fields) -> str:
        access_requests.request_access(
            actor=actor_of(request), securable=securable, privileges=fields["privileges"], comment=fields["comment"],
            days=fields["days"], principal=principal,
        )  # fmt: skip
        return reverse("inbox")

    privileges = request.GET.getlist("privilege")
    initial = {"privileges": privileges, "preset": _task_for(privileges, securable)} if privileges else {}
    form = grant_forms.RequestAccess(submitted(request), initial=initial, securable_type=securable.securable_type)
    return answer(request, dialog, form, perform)


def members(request: HttpRequest, securable_type: str, full_name: str, group: int) -> HttpResponse:
    """Who is in a group that has access, for users who may see all grants."""
    securable = find_securable(request, securable_type, full_name)
    holder, people = grants.list_members(actor=actor_of(request), securable=securable, group=group)
    context = {"group": holder, "members": people[:MEMBERS], "count": len(people), "securable": securable}
    return render_fragment(request, "explorer/members.html", "members", context)


@require_POST
def undo_change(request: HttpRequest) -> HttpResponse:
    """Take a change of grants back, as the toast that reported it has it."""
    changed = undo.reverse_of_grants(request.POST.get("grants", ""))
    changes = [(find_securable(request, kind, full_name), change) for kind, full_name, change in changed]
    undo.tell_grants(request.session, grants.update_several(actor=actor_of(request), changes=changes))
    return redirect(_permissions_tab(changes[0][0]))


def principals(request: HttpRequest) -> HttpResponse:
    """Principals by the letters in ``principal``: options to choose from. (Everyone may list them, by SCIM too.)"""
    matches = lookup.list_principals(text=words_in(request, "principal"), most=50)
    return render(request, "components/suggestions.html", {"suggestions": matches})


def _change(
    request: HttpRequest,
    dialog: Dialog,
    form: Form,
    securable: Securable,
    change: Callable[[Fields], list[grants.GrantChange]],
) -> HttpResponse:
    """A dialog that changes grants, or shows what the change would do."""

    def options(fields: Fields) -> dict[str, Any]:
        more = bool(fields.get("with_prerequisites"))
        return {"securable": securable, "changes": change(fields), "with_prerequisites": more}

    def perform(fields: Fields) -> None:
        asked = options(fields)
        done = grants.update_grants(actor=actor_of(request), **asked)
        undo.tell_grants(request.session, done)

    def preview(fields: Fields) -> explanations.GrantPreview:
        return explanations.preview_grants(actor=actor_of(request), **options(fields))

    return answer(request, dialog, form, perform, preview)


def _task_for(named: list[str], securable: Securable) -> str:
    """The task that needs exactly the one privilege that is named; empty where none does."""
    tasks = tasks_on(securable.securable_type).items()
    return next((task for task, (_, least) in tasks if named == [least.value]), "")


def _permissions_tab(securable: Securable) -> str:
    return f"{page_of(securable)}?activeTab=permissions"


def _who_is_covered(securable: Securable) -> str:
    if securable.securable_type in (SecurableType.CATALOG, SecurableType.SCHEMA):
        kind = kind_of(securable).noun
        return f"Applies to all current and future models in this {kind}."
    return ""
