"""Users, service principals and everyone's tokens, for administrators."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from accounts.forms import SomebodysPassword
from accounts.models import User
from explorer import account_forms, forms
from explorer.actors import actor_of
from explorer.addresses import called, page_of_principal
from explorer.views.dialogs import Dialog, Fields, answer, opened_over, submitted
from explorer.views.paging import paginate, words_in
from explorer.views.principal_access import access_of
from explorer.views.proof import needs_proof
from explorer.wording import words_for
from registry.services.access import seen_by
from registry.services.people import groups, principals, second_factors, sessions, tokens

KINDS = {"users": User.Kind.USER, "service-principals": User.Kind.SERVICE_PRINCIPAL}
_LABELS = {"users": ("Users", "user"), "service-principals": ("Service principals", "service principal")}


def index(request: HttpRequest, kind: str) -> HttpResponse:
    principals.require_right(actor=actor_of(request))
    title, noun = _LABELS[kind]
    words, rows = words_in(request, "words"), principals.list_users(kind=KINDS[kind])
    if words:
        rows = rows.filter(Q(user_name__icontains=words) | Q(display_name__icontains=words))
    context = {"page": paginate(request, rows), "kind": kind, "title": title, "noun": noun, "words": words}
    return render(request, "explorer/principals/index.html", context)


@needs_proof
def create(request: HttpRequest, kind: str) -> HttpResponse:
    lead = "" if kind == "users" else "It gets an application ID. Create tokens and OAuth secrets on its page."
    dialog = Dialog(f"Create a {_LABELS[kind][1]}", "Create", reverse("principals", args=[kind]), lead)

    def perform(fields: Fields) -> str | None:
        user = principals.create_user(actor=actor_of(request), kind=KINDS[kind], **fields)
        return None if kind == "users" else reverse("service-principal", args=[user.pk])

    make_form = account_forms.User if kind == "users" else account_forms.ServicePrincipal
    return answer(request, dialog, make_form(submitted(request)), perform)


def detail(request: HttpRequest, pk: int) -> HttpResponse:
    """What a user can do: their groups, what they own and hold, and when they were here last."""
    principals.require_right(actor=actor_of(request))
    user = _user(request, "users", pk)
    own = tokens.list_all_tokens(actor=actor_of(request)).filter(user=user)
    seen = [token.last_used_at for token in own if token.last_used_at]
    last_seen = sessions.last_used_at(user=user)
    context = {
        "shown_user": user, "tokens": own,
        "last_seen": max([*seen, *([last_seen] if last_seen else [])], default=None),
        **access_of(request, user),
    }  # fmt: skip
    return render(request, "explorer/principals/user.html", context)


def sees(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    """The models that a principal would see, and what it could do with each."""
    who = groups.get_group(pk=pk) if kind == "groups" else _user(request, kind, pk)
    seer = seen_by.view_as(actor=actor_of(request), principal=who)
    words, models = words_in(request, "words"), seen_by.list_models(seer=seer)
    if words:
        models = models.filter(filed_as__icontains=words)
    page = paginate(request, models)
    able = seen_by.abilities_on(seer=seer, models=list(page))
    rows = [(model, [words_for(operation) for operation in able[model.pk]]) for model in page]
    catalogs, schemas = seen_by.count_containers(seer=seer)
    context = {
        "called": called(who), "is_active": seer.principal.is_active, "kind": kind, "page": page, "rows": rows,
        "words": words, "catalogs": catalogs, "schemas": schemas,
        "back": page_of_principal(who),
    }  # fmt: skip
    return render(request, "explorer/principals/sees.html", context)


@needs_proof
def edit(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    user = _user(request, kind, pk)
    dialog = Dialog(f"Edit {user}", "Save", reverse("principals", args=[kind]))

    def perform(fields: Fields) -> None:
        principals.update_user(actor=actor_of(request), user=user, **fields)

    now = {name: getattr(user, name) for name in ("display_name", "is_active", "is_metastore_admin")}
    return answer(request, dialog, account_forms.EditPrincipal(submitted(request), initial=now), perform)


@needs_proof
def set_password(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request, "users", pk)
    lead = "They will be signed out everywhere, and must choose a new password when they sign in."
    if user == actor_of(request).principal:
        lead = "Your sessions end."
    dialog = Dialog(f"Set the password of {user}", "Save", reverse("principals", args=["users"]), lead)

    def perform(fields: Fields) -> None:
        principals.set_password(
            actor=actor_of(request), user=user, password=fields["new_password1"], end_tokens=fields["end_tokens"]
        )

    return answer(request, dialog, SomebodysPassword(user, submitted(request)), perform)


def end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request, "users", pk)
    lead = "They are signed out in every browser. Their tokens go on to work."
    dialog = Dialog(
        f"End every session of {user}", "End them", reverse("principals", args=["users"]), lead, danger=True
    )

    def perform(fields: Fields) -> None:
        sessions.end_sessions_of(actor=actor_of(request), user=user)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@needs_proof
def reset_second_factor(request: HttpRequest, pk: int) -> HttpResponse:
    user = _user(request, "users", pk)
    lead = (
        "For users who lost their app and recovery codes. They sign in with only their password until they set up a "
        "new one."
    )
    dialog = Dialog(
        f"Reset the second factor of {user}", "Reset", reverse("principals", args=["users"]), lead, danger=True
    )

    def perform(fields: Fields) -> None:
        second_factors.reset(actor=actor_of(request), user=user)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


@needs_proof
def delete(request: HttpRequest, kind: str, pk: int) -> HttpResponse:
    user = _user(request, kind, pk)
    lead = "Tokens and grants go with the account. What it owns is left to the owners of its containers and to you."
    dialog = Dialog(f"Delete {user}", "Delete", reverse("principals", args=[kind]), lead, danger=True)

    def perform(fields: Fields) -> None:
        principals.delete_user(actor=actor_of(request), user=user)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def all_tokens(request: HttpRequest) -> HttpResponse:
    """Everyone's tokens, without their secrets."""
    rows = tokens.list_all_tokens(actor=actor_of(request)).order_by("user__user_name", "-created_at")
    return render(request, "explorer/tokens/all.html", {"page": paginate(request, rows)})


def revoke_any_token(request: HttpRequest, uid: UUID) -> HttpResponse:
    token = tokens.get_any_token(actor=actor_of(request), uid=uid)
    back = reverse("all-tokens")
    if token.user.kind == User.Kind.SERVICE_PRINCIPAL and opened_over(request) != back:
        back = reverse("service-principal", args=[token.user.pk])
    dialog = Dialog(f"Revoke {token} of {token.user}", "Revoke", back, danger=True)

    def perform(fields: Fields) -> None:
        tokens.revoke_any_token(actor=actor_of(request), uid=uid)

    return answer(request, dialog, forms.Confirm(submitted(request)), perform)


def _user(request: HttpRequest, kind: str, pk: int) -> User:
    principals.require_right(actor=actor_of(request))
    return principals.get_user(pk=pk, kind=KINDS[kind])
