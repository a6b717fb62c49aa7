"""Groups, for administrators."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.models import EVERYONE, users_in
from explorer import account_forms, forms
from explorer.actors import actor_of
from explorer.views.dialogs import Dialog, Fields, answer, submitted
from explorer.views.paging import paginate
from explorer.views.principal_access import access_of
from explorer.views.proof import needs_proof
from registry.services.people import groups, principals
from registry.services.shared.ownership import find_principal


def index(request: HttpRequest) -> HttpResponse:
    principals.require_right(actor=actor_of(request))
    return render(request, "explorer/principals/groups.html", {"page": paginate(request, groups.list_group_sizes())})


@needs_proof
def create(request: HttpRequest) -> HttpResponse:
    dialog = Dialog("Create a group", "Create", reverse("groups"))

    def perform(fields: Fields) -> str:
        group = groups.create_group(actor=actor_of(request), name=fields["name"], members=groups.Members())
        return reverse("group", args=[group.pk])

    return answer(request, dialog, account_forms.Group(submitted(request)), perform)


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    principals.require_right(actor=actor_of(request))
    group = groups.get_group(pk=pk)
    context = {
        "group": group,
        "is_everybody": group.name == EVERYONE,
        "member_count": users_in(group).count(),
        **access_of(request, group),
    }
    return render(request, "explorer/principals/group.html", context)


@needs_proof
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    group = groups.get_group(pk=pk)
    dialog = Dialog(f"Rename {group}", "Rename", reverse("group", args=[pk]), "Its grants stay.")

    def perform(fields: Fields) -> None:
        _change(request, pk, name=fields["name"])

    return answer(request, dialog, account_forms.Group(submitted(request), initial={"name": group.name}), perform)


@needs_proof
def delete(request: HttpRequest, pk: int) -> HttpResponse:
    group = groups.get_group(pk=pk)
    lead = "Its members lose what they hold through it."
    dialog = Dialog(f"Delete {group}", "Delete", reverse("groups"), lead, danger=True)

    def perform(fields: Fields) -> None:
        groups.delete_group(actor=actor_of(request), group=group)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@needs_proof
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    group = groups.get_group(pk=pk)
    dialog = Dialog(f"Add a member to {group}", "Add", reverse("group", args=[pk]))

    def perform(fields: Fields) -> None:
        _change(request, pk, add=groups.Members.of(find_principal(fields["principal"])))

    return answer(request, dialog, account_forms.MemberForm(submitted(request)), perform)


@needs_proof
def remove_member(request: HttpRequest, pk: int) -> HttpResponse:
    """Take out the member that the address names."""
    group, name = groups.get_group(pk=pk), request.GET.get("principal", "")
    dialog = Dialog(f"Remove {name} from {group}", "Remove", reverse("group", args=[pk]), danger=True)

    def perform(fields: Fields) -> None:
        _change(request, pk, remove=groups.Members.of(find_principal(name)))

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _change(request: HttpRequest, pk: int, **change: object) -> None:
    group_change = groups.GroupChange(**change)  # type: ignore[arg-type]
    groups.change_group(actor=actor_of(request), group=groups.get_group(pk=pk), changes=[group_change])
