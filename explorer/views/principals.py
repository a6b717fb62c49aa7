"""Users, service principals, groups and everybody's tokens, for administrators."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.forms import SomebodysPassword
from accounts.models import EVERYONE, User
from explorer import account_forms, forms
from explorer.actors import actor_of
from explorer.views.dialogs import Asked, Dialog, answer, opened_over, submitted
from explorer.views.proof import needs_proof
from explorer.views.shared import paginate
from registry.services.people import principals, second_factors, sessions, tokens
from registry.services.shared.ownership import find_principal

KINDS = {"users": User.Kind.USER, "service-principals": User.Kind.SERVICE_PRINCIPAL}
_LABELS = {"users": ("Users", "user"), "service-principals": ("Service principals", "service principal")}


def index(request: HttpRequest, kind: str) -> HttpResponse:
    principals.require_right(actor=actor_of(request))
    title, noun = _LABELS[kind]
    context = {"page": paginate(request, principals.list_users(kind=KINDS[kind])), "kind": kind, "title": title,
               "noun": noun}  # fmt: skip
    return render(request, "explorer/principals/index.html", context)


@needs_proof
def create(request: HttpRequest, kind: str) -> HttpResponse:
    lead = "" if kind == "users" else "It gets an application id; its page gives it tokens and OAuth secrets."
    dialog = Dialog(f"Create a {_LABELS[kind][1]}", "Create", reverse("principals", args=[kind]), lead)

    def perform(asked: Asked) -> str | None:
        made = principals.create_user(actor=actor_of(request), kind=KINDS[kind], **asked)
        return None if kind == "users" else reverse("service-principal", args=[made.pk])

    make_form = account_forms.User if kind == "users" else account_forms.ServicePrincipal
    return answer(request, dialog, make_form(submitted(request)), perform)


@needs_proof
def edit(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    user = _user(request, kind, pk)
    dialog = Dialog(f"Edit {user}", "Save", reverse("principals", args=[kind]))

    def perform(asked: Asked) -> None:
        principals.update_user(actor=actor_of(request), user=user, **asked)

    now = {name: getattr(user, name) for name in ("display_name", "is_active", "is_metastore_admin")}
    return answer(request, dialog, account_forms.EditPrincipal(submitted(request), initial=now), perform)


@needs_proof
def set_password(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request, "users", pk)
    lead = "Their sessions end, and they set another password when they sign in."
    if user == actor_of(request).principal:
        lead = "Your sessions end."
    dialog = Dialog(f"Set the password of {user}", "Save", reverse("principals", args=["users"]), lead)

    def perform(asked: Asked) -> None:
        principals.set_password(
            actor=actor_of(request), user=user, password=asked["new_password1"], end_tokens=asked["end_tokens"]
        )

    return answer(request, dialog, SomebodysPassword(user, submitted(request)), perform)


def end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request, "users", pk)
    lead = "They are signed out in every browser. Their tokens go on to work."
    dialog = Dialog(
        f"End every session of {user}", "End them", reverse("principals", args=["users"]), lead, danger=True
    )

    def perform(asked: Asked) -> None:
        sessions.end_sessions_of(actor=actor_of(request), user=user)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@needs_proof
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request, "users", pk)
    lead = "For who has lost the app and the recovery codes: the password alone signs in, until they set up another."
    dialog = Dialog(
        f"Reset the second factor of {user}", "Reset", reverse("principals", args=["users"]), lead, danger=True
    )

    def perform(asked: Asked) -> None:
        second_factors.reset(actor=actor_of(request), user=user)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@needs_proof
def delete(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    user = _user(request, kind, pk)
    lead = "Tokens and grants go with the account. What it owns is left to the owners of its containers and to you."
    dialog = Dialog(f"Delete {user}", "Delete", reverse("principals", args=[kind]), lead, danger=True)

    def perform(asked: Asked) -> None:
        principals.delete_user(actor=actor_of(request), user=user)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def groups(request: HttpRequest) -> HttpResponse:
    principals.require_right(actor=actor_of(request))
    return render(
        request, "explorer/principals/groups.html", {"page": paginate(request, principals.list_group_sizes())}
    )


@needs_proof
def create_group(request: HttpRequest) -> HttpResponse:
    dialog = Dialog("Create a group", "Create", reverse("groups"))

    def perform(asked: Asked) -> str:
        made = principals.create_group(actor=actor_of(request), name=asked["name"], members=principals.Members())
        return reverse("group", args=[made.pk])

    return answer(request, dialog, account_forms.Group(submitted(request)), perform)


def group(request: HttpRequest, pk: int) -> HttpResponse:
    principals.require_right(actor=actor_of(request))
    found = principals.get_group(pk=pk)
    return render(request, "explorer/principals/group.html", {"group": found, "is_everybody": found.name == EVERYONE})


@needs_proof
def rename_group(request: HttpRequest, pk: int) -> HttpResponse:
    found = principals.get_group(pk=pk)
    dialog = Dialog(f"Rename {found}", "Rename", reverse("group", args=[pk]), "Its grants stay.")

    def perform(asked: Asked) -> None:
        _change(request, pk, name=asked["name"])

    return answer(request, dialog, account_forms.Group(submitted(request), initial={"name": found.name}), perform)


@needs_proof
def delete_group(request: HttpRequest, pk: int) -> HttpResponse:
    found = principals.get_group(pk=pk)
    lead = "Its members lose what they hold through it."
    dialog = Dialog(f"Delete {found}", "Delete", reverse("groups"), lead, danger=True)

    def perform(asked: Asked) -> None:
        principals.delete_group(actor=actor_of(request), group=found)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@needs_proof
def add_member(request: HttpRequest, pk: int) -> HttpResponse:
    found = principals.get_group(pk=pk)
    dialog = Dialog(f"Add a member to {found}", "Add", reverse("group", args=[pk]))

    def perform(asked: Asked) -> None:
        _change(request, pk, add=principals.Members.of(find_principal(asked["principal"])))

    return answer(request, dialog, account_forms.Member(submitted(request)), perform)


@needs_proof
def remove_member(request: HttpRequest, pk: int) -> HttpResponse:
    """Take out the member that the address names."""
    found, name = principals.get_group(pk=pk), request.GET.get("principal", "")
    dialog = Dialog(f"Remove {name} from {found}", "Remove", reverse("group", args=[pk]), danger=True)

    def perform(asked: Asked) -> None:
        _change(request, pk, remove=principals.Members.of(find_principal(name)))

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def all_tokens(request: HttpRequest) -> HttpResponse:
    """Everybody's tokens, without their secrets."""
    found = tokens.list_all_tokens(actor=actor_of(request)).order_by("user__user_name", "-created_at")
    return render(request, "explorer/tokens/all.html", {"page": paginate(request, found)})


def revoke_any_token(request: HttpRequest, uid: UUID) -> HttpResponse:
    token = tokens.get_any_token(actor=actor_of(request), uid=uid)
    back = reverse("all-tokens")
    if token.user.kind == User.Kind.SERVICE_PRINCIPAL and opened_over(request) != back:
        back = reverse("service-principal", args=[token.user.pk])
    dialog = Dialog(f"Revoke {token} of {token.user}", "Revoke", back, danger=True)

    def perform(asked: Asked) -> None:
        tokens.revoke_any_token(actor=actor_of(request), uid=uid)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _user(request: HttpRequest, kind: str, pk: int) -> User:
    principals.require_right(actor=actor_of(request))
    return principals.get_user(pk=pk, kind=KINDS[kind])


def _change(request: HttpRequest, pk: int, **change: object) -> None:
    group_change = principals.GroupChange(**change)  # type: ignore[arg-type]
    principals.change_group(actor=actor_of(request), group=principals.get_group(pk=pk), changes=[group_change])
